import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RunningProcess, startProcess } from '../../../tools/process.ts'
import type { PartCall } from './part.ts'

/** Starts a part of Unwind in a process of its own, so that it can be killed. Its log lies in the folder. */
export function startPart(
  folder: string,
  temporal: string,
  call: PartCall,
  { ready = async () => true, env = {} }: { ready?: () => Promise<boolean>; env?: Record<string, string> } = {},
): Promise<RunningProcess> {
  const script = fileURLToPath(new URL('./part.ts', import.meta.url))
  return startProcess({
    name: call.part,
    command: process.execPath,
    args: ['--import', 'tsx', script, JSON.stringify(call)],
    env: { TEMPORAL_ADDRESS: temporal, TEMPORAL_CONFIG_FILE: join(folder, 'no-profile.toml'), ...env },
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    folder: { path: folder, temporary: false },
    ready,
    within: 60_000,
    grace: 2_000,
  })
}
