/** What the names of things that a run makes end in: short enough for any limit, and found again by its run. */
export function runName(rollbackId: string): string {
  return rollbackId.replaceAll(/[^0-9a-f]/g, '').slice(-10)
}

/** The run in a plan, which is the same for every run: a digest that people approve holds no run id. */
export const RUN = '{run}'

/** A name that a plan holds, such as `shop-rb-{run}`, as this run writes it. */
export function expanded(name: string, rollbackId: string): string {
  return name.replaceAll(RUN, runName(rollbackId))
}
