import { z } from 'zod'

/** `{{ parameters.name }}`, the only thing that braces may hold. */
export const TEMPLATE = /\{\{\s*parameters\.([A-Za-z0-9][A-Za-z0-9_.-]{0,62})\s*\}\}/g

/** A text with a parameter in it stands for any field until the parameters are known; the field's own schema reads it then. */
export const Template = z
  .string()
  .max(1_000)
  .regex(/\{\{\s*parameters\.[A-Za-z0-9][A-Za-z0-9_.-]{0,62}\s*\}\}/, 'write {{ parameters.<name> }}')
  .meta({ id: 'Template', description: 'Text with a parameter: {{ parameters.version }}.' })

/** Never filled in: what names a step must be there before parameters are, and CEL reads parameters by itself. */
const LITERAL = new Set(['id', 'kind', 'when', 'of', 'optional', 'onFailure'])

/**
 * The schema of an object as a runbook writes it: any field may hold a template, and a field with a default may be
 * absent, so that what was written is told apart from what was left out.
 */
export function templated(schema: z.ZodObject): z.ZodObject {
  const fields = Object.entries(schema.shape).map(([name, field]) => [name, templatedField(name, field as z.ZodType)])
  const { id: _id, ...meta } = schema.meta() ?? {}
  return z.strictObject(Object.fromEntries(fields)).meta(meta)
}

function templatedField(name: string, field: z.ZodType): z.ZodType {
  const { inner, optional } = bare(field)
  if (LITERAL.has(name) || inner instanceof z.ZodLiteral || inner instanceof z.ZodObject)
    return optional ? described(inner.optional(), field) : field
  const either = z.union([inner, Template])
  return described(optional ? either.optional() : either, field)
}

function bare(field: z.ZodType): { inner: z.ZodType; optional: boolean } {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault || field instanceof z.ZodPrefault)
    return { ...bare(field.unwrap() as z.ZodType), optional: true }
  return { inner: field, optional: false }
}

function described(schema: z.ZodType, { description }: z.ZodType): z.ZodType {
  return description === undefined ? schema : schema.describe(description)
}
