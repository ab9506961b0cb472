import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { GraphQLDateTime } from 'graphql-scalars'

// graphql-scalars checks the form (RFC 3339); what differs here is that rows carry timestamps as text already.
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'A point in time by RFC 3339, for example `2026-11-22T07:13:27.120Z`. Answers are in UTC; inputs may carry any offset.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize(value) {
    if (typeof value === 'string') return value
    if (value instanceof Date) return value.toISOString()
    throw new GraphQLError('A DateTime is a Date or RFC 3339 text.')
  },
  parseValue(value) {
    if (typeof value !== 'string')
      throw new GraphQLError('Write a DateTime as text, for example "2026-11-22T07:13:27Z".')
    return parse(value)
  },
  parseLiteral(node) {
    if (node.kind !== Kind.STRING)
      throw new GraphQLError('Write a DateTime as text, for example "2026-11-22T07:13:27Z".', { nodes: node })
    return parse(node.value)
  },
})

// PostgreSQL knows no year 0, and RFC 3339 none after 9999; with an offset, a moment can lie there all the same.
function parse(text: string): Date {
  const date = dateOf(text)
  const year = date?.getUTCFullYear()
  if (date !== null && year !== undefined && year >= 1 && year <= 9999) return date
  throw new GraphQLError('Write a DateTime by RFC 3339, of the years 0001 to 9999, for example "2026-11-22T07:13:27Z".')
}

function dateOf(text: string): Date | null {
  try {
    return GraphQLDateTime.parseValue(text)
  } catch {
    // Its message would quote the text.
    return null
  }
}
