/** A sentence about a measurement, read by a strict grammar (English and French); undefined for any other sentence. */
export interface Expectation {
  /** The kind of measurement: prometheus, pods, crashing or http. */
  kind: string
  /** The measurement as a check or trigger writes it; `of`, workload and connection are put in by whoever knows them. */
  measurement: Record<string, string | number>
}

/** Reads `Error rate > 10% for 5m`, `p99 latency < 500ms`, `Tous les pods healthy`, `Vérifier /health endpoint`. */
export function readExpectation(text: string): Expectation | undefined {
  const plain = text.normalize('NFC').trim().replace(/[.!]$/, '').replace(/\s+/g, ' ')
  return podsOf(plain) ?? endpointOf(plain) ?? comparisonOf(plain)
}

const ALL_PODS =
  /^(?:all|tous les|toutes les|every) (?:the )?(?:pods?|replicas?|réplicas) (?:are |is |sont )?(?:healthy|ready|running|up|sains?|prêts?|en bonne santé)$/i
const CRASHES =
  /^(?:multiple|several|many|plusieurs) (?:pods? (?:crash(?:es|ing)?|restarts?|restarting|plantent|crashent|en crash)|crash(?:es)? (?:de|of) pods?)(?: (?:for|pendant|depuis) (\d{1,4}(?:ms|s|m|h)))?$/i
const ENDPOINT =
  /^(?:verify|check|test|vérifier|contrôler|tester)(?: that)? (?:the |l'endpoint |le |la )?(\/[\w./-]{1,100})(?: endpoint| health ?check)?(?: (?:responds|returns|répond) (?:with )?(\d{3}))?$/i

function podsOf(text: string): Expectation | undefined {
  if (ALL_PODS.test(text)) return { kind: 'pods', measurement: { pods: 'healthy' } }
  const crashes = CRASHES.exec(text)
  if (!crashes) return undefined
  return { kind: 'crashing', measurement: { atLeast: 2, for: crashes[1] ?? '1m' } }
}

function endpointOf(text: string): Expectation | undefined {
  const [, path, status] = ENDPOINT.exec(text) ?? []
  return path ? { kind: 'http', measurement: { path, status: Number(status ?? 200) } } : undefined
}

const MEASURES: readonly [RegExp, (found: RegExpExecArray) => string, 'ratio' | 'time'][] = [
  [/^(?:http |5xx )?error[- ]rate$|^taux d['’]erreurs?$/i, () => 'error_rate', 'ratio'],
  [/^success[- ]rate$|^availability$|^taux de succès$|^disponibilité$/i, () => 'success_rate', 'ratio'],
  [/^p(\d{2,3}) (?:latency|response time)$|^lat(?:ency|ence) p(\d{2,3})$/i, ([, a, b]) => `latency_p${a ?? b}`, 'time'],
]
const ABOVE = /^(?:>|>=|above|over|exceeds|supérieure? à|au-dessus de|dépasse)$/i
const BELOW = /^(?:<|<=|below|under|inférieure? à|en dessous de|sous)$/i
const COMPARISON =
  /^(.{3,60}?) ?(>=?|<=?|above|over|exceeds|below|under|supérieure? à|au-dessus de|dépasse|inférieure? à|en dessous de|sous) ?(\d{1,7}(?:[.,]\d{1,4})?) ?(%|ms|s|m)(?: (?:for|during|pendant|depuis) (\d{1,4}) ?(ms|s|m|h|min|minutes?))?$/i

function comparisonOf(text: string): Expectation | undefined {
  const [, name = '', operator = '', digits = '', unit = '', time, timeUnit = ''] = COMPARISON.exec(text) ?? []
  const measure = MEASURES.find(([pattern]) => pattern.test(name))
  if (!measure) return undefined
  const [pattern, nameOf, sort] = measure
  const number = Number(digits.replace(',', '.'))
  if ((sort === 'ratio') !== (unit === '%') || (sort === 'ratio' && number > 100)) return undefined
  if (sort === 'time' && !Number.isInteger(number)) return undefined
  const limit = sort === 'ratio' ? Number((number / 100).toPrecision(12)) : `${number}${unit}`
  const bound = ABOVE.test(operator) ? { above: limit } : BELOW.test(operator) ? { below: limit } : undefined
  const found = pattern.exec(name)
  if (!bound || !found) return undefined
  const lasting = time ? { for: `${time}${timeUnit.startsWith('min') ? 'm' : timeUnit}` } : {}
  return { kind: 'prometheus', measurement: { prometheus: nameOf(found), ...bound, ...lasting } }
}
