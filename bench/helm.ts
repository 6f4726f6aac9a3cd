import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBinary } from '../tools/find.ts'
import { run } from '../tools/run.ts'
import { alternate, type Bench, figure, timed } from './parts/figure.ts'
import { withClosing } from './parts/ground.ts'
import { recover } from './parts/recover.ts'
import { deployment, NAMESPACE, openShop, type Shop } from './parts/shop.ts'

export const bench: Bench = {
  title: 'Rollback of a Helm release on a real control plane',
  figures: {
    helm: 'POST /v1/rollbacks until the event stream says recovered (soak 0), against helm rollback --wait (Helm 4)',
  },
  goals: { helm: 1.2 },
  runs: 20,
  measure: (runs) =>
    withClosing(async (closing) => {
      const binary = await findBinary('helm')
      const shop = await openShop(closing, binary)
      const folder = closing.folder(await mkdtemp(join(tmpdir(), 'unwind-bench-charts-')))
      const helm = async (...args: string[]) => {
        await run(binary, [...args, '--kubeconfig', shop.kubeconfig, '-n', NAMESPACE], { within: 120_000 })
      }
      const sample = (undo: (name: string) => Promise<void>) => undone(shop, helm, folder, undo)
      const pairs = await alternate(runs, {
        ours: () => sample((name) => recover(shop, name, { kind: 'helm', release: name, to: 1, soak: '0s' })),
        other: () => sample((name) => helm('rollback', name, '1', '--wait')),
      })
      return [figure('helm', 'ms', pairs)]
    }),
}

type Helm = (...args: string[]) => Promise<void>

/** Times one rollback of a release of its own, which stands ready at its second revision; and looks that it went back. */
async function undone(shop: Shop, helm: Helm, folder: string, undo: (name: string) => Promise<void>): Promise<number> {
  const name = `shop-${randomUUID().slice(0, 8)}`
  for (const release of ['v1', 'v2'])
    await helm('upgrade', '--install', name, await chart(folder, name, release), '--wait')
  await shop.settled(name, 'v2')
  const took = await timed(() => undo(name))
  await shop.requireFirstRelease(name)
  await helm('uninstall', name, '--wait')
  return took
}

async function chart(folder: string, name: string, release: string): Promise<string> {
  const path = join(folder, `${name}-${release}`)
  await mkdir(join(path, 'templates'), { recursive: true })
  const version = release === 'v1' ? '1.0.0' : '2.0.0'
  await writeFile(join(path, 'Chart.yaml'), JSON.stringify({ apiVersion: 'v2', name, version }))
  await writeFile(join(path, 'templates', 'app.json.yaml'), JSON.stringify(deployment(name, release)))
  return path
}
