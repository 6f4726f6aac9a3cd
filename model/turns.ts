/**
 * Work on one thing after the other, in the order asked: `inTurn('a', work)` begins once all earlier work on `a` of the same
 * process has ended, however it ended. Nothing is kept of a thing that nobody works on.
 */
export function turns(): <Result>(key: string, work: () => Promise<Result>) => Promise<Result> {
  const waiting = new Map<string, Promise<unknown>>()
  return async (key, work) => {
    const before = waiting.get(key) ?? Promise.resolve()
    const turn = before.then(work, work)
    waiting.set(key, turn)
    return turn.finally(() => {
      if (waiting.get(key) === turn) waiting.delete(key)
    })
  }
}
