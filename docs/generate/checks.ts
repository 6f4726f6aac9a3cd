import { measurements } from '../../activities/checks/schemas.ts'
import { Connection } from '../../model/configuration.ts'
import { type Field, fieldsOf } from './fields.ts'

/** What a check of a runbook can measure, drawn from the schemas: one section for each kind of measurement. */
export function checksSections(table: (fields: Field[]) => string): string[] {
  return [
    HEAD,
    ...Object.keys(measurements)
      .toSorted()
      .flatMap((name) => section(name, table)),
  ]
}

const HEAD = `# What a check can measure

A check of a runbook measures \`all\` of a list, again and again, until so many looks in a row have passed. The first field
of a measurement says what is measured. What could not be measured is measured again and is no verdict; what proves
nothing within the time of the check is asked of a person.`

function section(name: string, table: (fields: Field[]) => string): string[] {
  const { schema, connection: asked } = measurements[name] ?? {}
  if (!schema) return []
  const { title = name, description = '' } = schema.meta() ?? {}
  const connection = Connection.options.find((option) => option.shape.kind.value === asked?.kind)
  return [
    `## ${name}`,
    `${title}. ${description}`,
    table(fieldsOf(schema)),
    ...(connection
      ? [
          `The field \`${asked?.field}\` names an entry below \`connections\` in \`unwind.yaml\`, with \`kind: ${asked?.kind}\` and:`,
          table(fieldsOf(connection).filter(({ path }) => path !== 'kind')),
        ]
      : []),
  ]
}
