import { connect } from '../client.ts'
import type { ApiOptions, Format } from '../define/options.ts'
import { EXIT } from '../exit.ts'
import { put } from '../output.ts'
import { placeOf } from '../place.ts'
import { getDeployable } from '../services.ts'
import { terminal } from '../terminal.ts'

interface MayDeployOptions extends ApiOptions {
  releaseVersion?: string
  image?: string[]
  output?: Format
}

/** `unwind may-deploy`: exit code 0 for yes, 3 for no; 7 where nobody answers, which is no yes either. */
export async function mayDeploy(service: string, options: MayDeployOptions): Promise<number> {
  const place = await placeOf(service, options.environment)
  const client = await connect(options)
  const { releaseVersion: version, image: images = [], output } = options
  const answer = await getDeployable(client, place, { version, images })
  const yes = `${place.service} may be deployed in ${place.environment}`
  const lines = answer.refusals.map(({ code, text }) => `No: ${code}: ${text}`)
  await put(terminal(), output, answer, () => (answer.deployable ? yes : lines.join('\n')))
  return answer.deployable ? EXIT.ok : EXIT.refused
}
