import { z } from 'zod'

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
