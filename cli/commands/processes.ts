import { loadConfiguration } from '../../config/load.ts'
import { EXIT } from '../exit.ts'

/** `unwind worker`: a worker in the foreground, until SIGINT or SIGTERM. */
export async function worker({ config }: { config?: string }): Promise<number> {
  const { configuration } = await loadConfiguration(config)
  const { startWorker } = await import('../../worker/main.ts')
  await startWorker(configuration)
  return EXIT.ok
}

/** `unwind api`: the API in the foreground, until SIGINT or SIGTERM. */
export async function api({ config }: { config?: string }): Promise<number> {
  const { configuration } = await loadConfiguration(config)
  const { startApi } = await import('../../api/main.ts')
  await startApi(configuration)
  return EXIT.ok
}
