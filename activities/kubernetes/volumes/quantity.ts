const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** Bytes of a quantity as Kubernetes writes it (10Gi, 500M, 1e9); NaN for anything else. */
export function bytesOf(quantity: string): number {
  const [, number = '', suffix = ''] = /^([0-9.]+(?:[eE][+-]?\d+)?)([a-zA-Z]*)$/.exec(quantity) ?? []
  return Number(number || Number.NaN) * (FACTORS[suffix] ?? Number.NaN)
}

/** The larger of two quantities, as it was written. */
export function larger(one: string, other: string | undefined): string {
  return other !== undefined && bytesOf(other) > bytesOf(one) ? other : one
}
