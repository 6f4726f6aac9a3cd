import { z } from 'zod'
import type { ParameterValue } from './compiled.ts'

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
  const checks = schema.def.checks ?? []
  return z
    .strictObject(Object.fromEntries(fields))
    .check(...(checks as z.core.$ZodCheck<Record<string, unknown>>[]))
    .meta(meta)
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

/** The names that a text asks for, and what else stands in double braces. */
export function templatesIn(text: string): { names: string[]; malformed: boolean } {
  const names = [...text.matchAll(TEMPLATE)].map(([, name]) => name ?? '')
  return { names, malformed: text.replaceAll(TEMPLATE, '').includes('{{') }
}

/** Every text inside a value, with its path. */
export function textsOf(value: unknown, path: readonly PropertyKey[] = []): { text: string; path: PropertyKey[] }[] {
  if (typeof value === 'string') return [{ text: value, path: [...path] }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    textsOf(item, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

/**
 * A value with its templates filled in. A text that is nothing but one template becomes the parameter itself, so that
 * numbers stay numbers. `when` is left alone: CEL reads parameters by itself. Names must be known.
 */
export function filled(value: unknown, parameters: Readonly<Record<string, ParameterValue>>): unknown {
  if (typeof value === 'string') return filledText(value, parameters)
  if (Array.isArray(value)) return value.map((item) => filled(item, parameters))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'when' ? item : filled(item, parameters)]),
  )
}

function filledText(text: string, parameters: Readonly<Record<string, ParameterValue>>): ParameterValue {
  const [only] = text.matchAll(TEMPLATE)
  if (only && only[0] === text.trim()) return parameters[only[1] ?? ''] ?? text
  return text.replaceAll(TEMPLATE, (whole, name: string) => String(parameters[name] ?? whole))
}
