import type { Description } from './description.ts'

/** What the model answers instead of a result: the code on the wire and a sentence. */
export class Fault extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** An error of the description by the name of its shape, with the code and the status that AWS gives it. */
export function faultOf({ shapes }: Description, shape: string, message: string): Fault {
  const error = shapes[shape]?.error
  if (!error) throw new Error(`RDS has no error ${shape}`)
  return new Fault(error.code ?? shape, message, error.httpStatusCode)
}
