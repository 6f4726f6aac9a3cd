import { NAME_PATTERN } from '../model/ids.ts'
import type { Place } from './calls.ts'
import { usage } from './exit.ts'

/**
 * The service that a command names: `checkout` with -e, `production/checkout`, or a workload (`deployment/checkout`),
 * whose name is the service. Throws a usage error that says what to write.
 */
export async function placeOf(named: string, environment: string | undefined): Promise<Place> {
  const [first = '', second, ...rest] = named.split('/')
  if (rest.length > 0) throw usage(`${named} names no service; write checkout or production/checkout`)
  if (second === undefined)
    return { environment: name(await environmentOf(environment), 'environment'), service: name(first, 'service') }
  if (/^(?:deployments?|statefulsets?|daemonsets?)$/.test(first)) return placeOf(second, environment)
  if (environment && environment !== first && process.env['UNWIND_ENVIRONMENT'] !== environment)
    throw usage(`${named} says environment ${first}, -e says ${environment}; give one of them`)
  return { environment: name(first, 'environment'), service: name(second, 'service') }
}

/** The environment given, else the only one of the unwind.yaml that is found here. */
export async function environmentOf(given: string | undefined): Promise<string> {
  if (given) return given
  const known = await configured()
  if (known.length === 1 && known[0]) return known[0]
  const which = known.length > 1 ? ` (there is: ${known.join(', ')})` : ''
  throw usage(`Which environment${which}? Name it with -e or UNWIND_ENVIRONMENT.`)
}

async function configured(): Promise<string[]> {
  // Loaded here and not above: most command lines name the environment, and reading YAML costs more than the rest.
  const { loadConfiguration } = await import('../config/load.ts')
  return loadConfiguration().then(
    ({ configuration }) => Object.keys(configuration.environments),
    () => [],
  )
}

function name(text: string, what: string): string {
  if (!NAME_PATTERN.test(text))
    throw usage(
      `${JSON.stringify(text)} is no name of ${what === 'environment' ? 'an environment' : 'a service'}; use lower case letters, digits, dots and dashes`,
    )
  return text
}
