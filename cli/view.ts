import type { Rollback } from './calls.ts'
import type { Sighting } from './follow.ts'
import { eventLine } from './render/events.ts'
import { personLines } from './render/person.ts'
import { type Scene, treeLines } from './render/tree.ts'
import { openScreen } from './screen.ts'
import type { Terminal } from './terminal.ts'

/** What a watcher sees: a tree that is redrawn on a terminal, lines elsewhere. */
export interface View {
  show(sighting: Sighting, aside?: string): void
  /** Leaves the last picture standing. */
  close(): void
}

/** `after`: the last event of the timeline that the reader has seen already. */
export function openView(terminal: Terminal, after = 0): View {
  return terminal.live ? liveView(terminal) : plainView(terminal, after)
}

const FRAME_MS = 100
const NO_WORKER = 'No worker answers, so this is only what Temporal has on record. Start one with `unwind worker`.'

function liveView(terminal: Terminal): View {
  const screen = openScreen(terminal)
  let scene: Scene | undefined
  const draw = () => {
    if (!scene) return
    scene = { ...scene, now: Date.now(), width: terminal.size().columns - 1, frame: scene.frame + 1 }
    screen.draw(treeLines(scene))
  }
  const timer = setInterval(draw, FRAME_MS)
  return {
    show(sighting, aside) {
      if ('rollback' in sighting) scene = withRollback(scene, sighting.rollback)
      else if (scene && 'doing' in sighting) scene = { ...scene, doing: sighting.doing }
      else if (scene && 'lost' in sighting) scene = { ...scene, stale: sighting.lost }
      if (scene && aside) scene = { ...scene, aside }
      draw()
    },
    close() {
      clearInterval(timer)
      screen.close(scene && treeLines({ ...scene, now: Date.now(), width: terminal.size().columns - 1 }))
    },
  }
}

function withRollback(scene: Scene | undefined, rollback: Rollback): Scene {
  // Without a worker only the outline is known; steps that were seen before are kept.
  const run = rollback.stale && scene ? { ...scene.run, phase: rollback.phase } : rollback
  const base = { frame: 0, width: 80, ...scene, run, now: Date.now() }
  return { ...base, stale: rollback.stale ? NO_WORKER : undefined }
}

function plainView(terminal: Terminal, after: number): View {
  let seen = after
  let said = ''
  let last: Rollback | undefined
  const once = (text: string) => {
    if (text !== said) terminal.say(text)
    said = text
  }
  return {
    show(sighting, aside) {
      if (aside) once(aside)
      if ('lost' in sighting) return once(sighting.lost)
      if ('doing' in sighting) return
      last = sighting.rollback
      if (last.stale) return once(NO_WORKER)
      const fresh = last.timeline.filter((event) => event.seq > seen)
      seen = fresh.at(-1)?.seq ?? seen
      if (fresh.length > 0) terminal.say(fresh.map(eventLine))
    },
    close() {
      if (last && !last.stale) {
        const lines = personLines(last, Date.now(), Number.POSITIVE_INFINITY)
        if (lines.length > 0) terminal.say(lines)
      }
    },
  }
}
