import { z } from 'zod'
import { Name } from '../step.ts'

/** The one place that a connection asks: scheme, host and port. */
export const Origin = z
  .string()
  .max(300)
  .refine(isOrigin, 'write scheme, host and port only, such as https://shop.example.org')

/** Nothing but scheme, host and port: no path, no user and password. */
function isOrigin(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  return `${url.origin}/` === url.href && !text.includes('@')
}

/** What every connection says that only asks: where, for which environment, and whose workers can. */
export const askedFields = {
  environment: Name,
  origin: Origin.describe('The only place that is asked: scheme, host and port.'),
  private: z
    .boolean()
    .default(false)
    .describe('The host may lie in a private network or on this machine. Link-local addresses are never asked.'),
  taskQueue: Name.optional().describe('Queue of the workers that can reach it. Default: the common queue.'),
} as const
