import { bundleWorkflows } from '../../worker/bundle.ts'

let bundle: Promise<string> | undefined

/** The workflow code, bundled once per test process. */
export async function workflowBundle(): Promise<{ code: string }> {
  bundle ??= bundleWorkflows()
  return { code: await bundle }
}
