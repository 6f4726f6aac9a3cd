import { join } from 'node:path'
import { findBinary } from '../../tools/find.ts'
import { run } from '../../tools/run.ts'
import type { Lab } from './kubernetes-lab.ts'

/** Whether a command line succeeded, and what it said: its stdout, or why it failed. */
export interface Said {
  ok: boolean
  said: string
}

/** The real kubectl in the lab's namespace, with all rights. */
export async function callKubectl(lab: Lab, ...args: string[]): Promise<Said> {
  const env = { KUBECONFIG: lab.kubeconfig, KUBECACHEDIR: join(lab.folder, 'kubectl-cache') }
  const words = [...args, '--namespace', lab.namespace, ...(lab.context ? ['--context', lab.context] : [])]
  try {
    const { stdout } = await run(await findBinary('kubectl'), words, { env, within: 60_000 })
    return { ok: true, said: stdout.trim() }
  } catch (error) {
    return { ok: false, said: error instanceof Error ? error.message : String(error) }
  }
}
