import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { UnwindError } from '../model/errors.ts'

/** Where the prebuilt workflow code lies beside the built worker. */
export const BUNDLE_PATH = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url))

/**
 * Bundles the workflows as a worker runs them. Done once, when Unwind is built: a worker that bundles at its start
 * costs seconds, and may run other code than the one that was tested.
 */
export async function bundleWorkflows(): Promise<string> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(`../workflows/index.${extension}`, import.meta.url)),
    logger: new DefaultLogger('WARN'),
  })
  return code
}

/** From source the workflows are bundled now; a built Unwind without its bundle is broken and says so. */
export async function builtWorkflows(): Promise<{ code: string } | { codePath: string }> {
  if (import.meta.url.endsWith('.ts')) return { code: await bundleWorkflows() }
  if (existsSync(BUNDLE_PATH)) return { codePath: BUNDLE_PATH }
  throw new UnwindError('CONFIGURATION_INVALID', `${BUNDLE_PATH} is missing; build Unwind again (npm run build)`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(BUNDLE_PATH, await bundleWorkflows())
