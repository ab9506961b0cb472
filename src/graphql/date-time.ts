import { GraphQLError, GraphQLScalarType, Kind } from 'graphql'
import { GraphQLDateTime } from 'graphql-scalars'

// graphql-scalars checks the format (RFC 3339). It does not serialize text, and timestamps in rows are text already.
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'Time in the format of RFC 3339, for example `2026-11-22T07:13:27.120Z`. Responses are in UTC; inputs can have ' +
    'any offset.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize(value) {
    if (typeof value === 'string') return value
    if (value instanceof Date) return value.toISOString()
    throw new GraphQLError('A DateTime is a Date or a text in the format of RFC 3339.')
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

// PostgreSQL has no year 0, and RFC 3339 no year after 9999. With an offset, a valid text can still mean such a year.
function parse(text: string): Date {
  const date = dateOf(text)
  const year = date?.getUTCFullYear()
  if (date !== null && year !== undefined && year >= 1 && year <= 9999) return date
  throw new GraphQLError(
    'Write a DateTime in the format of RFC 3339, in the years 0001 to 9999, for example "2026-11-22T07:13:27Z".',
  )
}

function dateOf(text: string): Date | null {
  try {
    return GraphQLDateTime.parseValue(text)
  } catch {
    // The message of the error quotes the text, which could be a secret.
    return null
  }
}
