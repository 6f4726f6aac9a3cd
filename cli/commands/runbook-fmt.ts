import { writeFile } from 'node:fs/promises'
import { EXIT } from '../exit.ts'
import { readInput } from '../files.ts'
import { terminal } from '../terminal.ts'

/** `unwind runbook fmt`: writes each file that is not in order anew; with `--check` it only names them. */
export async function fmt(files: readonly string[], { check = false }: { check?: boolean }): Promise<number> {
  const [{ formatRunbook }, { fieldOrder }] = await Promise.all([
    import('../../config/runbooks/format.ts'),
    import('../../activities/runbook.ts'),
  ])
  const out = terminal()
  let changed = 0
  for (const file of files) {
    const text = await readInput(file)
    const made = formatRunbook(text, fieldOrder)
    if (file === '-' && !check) process.stdout.write(made)
    if (made === text) continue
    changed += 1
    if (check) out.print(file)
    else if (file !== '-') await writeFile(file, made)
    if (!check && file !== '-') out.say(`Wrote ${file}.`)
  }
  if (!check) return EXIT.ok
  if (changed > 0) out.say(`${changed} of ${files.length} not in order; \`unwind runbook fmt\` writes them anew.`)
  return changed > 0 ? EXIT.usage : EXIT.ok
}
