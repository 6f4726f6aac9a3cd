const HIDDEN = '[hidden]'

/**
 * What must not be said aloud, wherever a person or a system wrote it: keys and tokens of well-known forms, values behind
 * a name that says password, addresses with credentials, private keys; and, as personal data, e-mail addresses.
 */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, HIDDEN],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, HIDDEN],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|xapp-|sk-|lin_api_|glsa_|ATATT|whsec_|npm_)[\w-]{8,}=*/g, HIDDEN],
  [/\b(https?:\/\/hooks\.slack\.com\/)\S+/gi, `$1${HIDDEN}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi, `$1${HIDDEN}@`],
  [/\b((?:bearer|basic)\s+)[\w.~+/-]{8,}=*/gi, `$1${HIDDEN}`],
  [
    /((?:password|passwd|secret|token|api[-_]?key|access[-_]?key|authorization)["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)/gi,
    `$1${HIDDEN}`,
  ],
  [/[\w.+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi, '[e-mail]'],
]

/** The text without what must not be said aloud. */
export function redact(text: string): string {
  return FORMS.reduce((left, [form, instead]) => left.replaceAll(form, instead), text)
}
