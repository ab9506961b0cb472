import type { CallerKind } from '../harness/callers.ts'

/** A row of the table: the cells by caller, absent where there is nothing to try. */
export interface MatrixRow {
  readonly field: string
  readonly on: string
  readonly cells: ReadonlyMap<CallerKind, string>
}

const columns: ReadonlyArray<readonly [CallerKind, string]> = [
  ['anonymous', 'anonymous'],
  ['stranger', 'stranger'],
  ['member', 'member'],
  ['editor', 'editor'],
  ['owner', 'owner'],
  ['companyOwner', 'company owner'],
  ['ownerElsewhere', 'owner elsewhere'],
  ['token', 'token'],
  ['tokenElsewhere', 'token elsewhere'],
  ['administrator', 'administrator'],
]

const introduction = `# Who may do what

Every root field of the API, and every guarded field below one, as every kind of caller is answered. This file is written
by \`test/access/permission-matrix.test.ts\`, which tries each cell on a running server, compares it with what
\`src/domain/access/policy.ts\` says, and fails when this file says anything else; \`npm test -- test/access -u\` writes it anew.

The columns, all seen from the organization \`acme\`, which is part of a company:

| caller | who that is |
|---|---|
| anonymous | sends no token |
| stranger | is signed in, and in no organization |
| member, editor, owner | has this role in \`acme\` |
| company owner | owns the company that \`acme\` is part of, and is no member of \`acme\` |
| owner elsewhere | owns another organization |
| token | an organization token of \`acme\` with every permission on everything that a token can have |
| token elsewhere | such a token of another organization |
| administrator | of the installation, in no organization |

With the organization \`initech\` none of them has anything to do. The cells:

| answer | what that means |
|---|---|
| yes | it is done, or answered |
| null | a query is answered with null: there is nothing that the caller may know of |
| not found | a mutation is refused with the user error \`NOT_FOUND\`: there is nothing that the caller may know of |
| forbidden | refused with the error \`FORBIDDEN\` |
| sign in | refused with the error \`UNAUTHENTICATED\` |
| · | nothing to try: this caller has none |

Whatever the cell says: where the caller may not know of an object, the answer is, to the byte, the one that they get for an
object which does not exist. A refusal changes nothing.
`

/** The whole of `docs/permissions.md`. */
export function renderMatrix(rows: readonly MatrixRow[]): string {
  const section = (title: string, type: RegExp) =>
    `## ${title}\n\n${renderTable(rows.filter(({ field }) => type.test(field)))}\n`
  return [
    introduction,
    section('Queries', /^Query\./),
    section('Guarded fields', /^(?!Query|Mutation)/),
    section('Mutations', /^Mutation\./),
  ].join('\n')
}

function renderTable(rows: readonly MatrixRow[]): string {
  const header = ['field', 'on', ...columns.map(([, title]) => title)]
  let previous = ''
  const lines = rows.map(({ field, on, cells }) => {
    const name = field.replace(/^(Query|Mutation)\./, '')
    const line = [name === previous ? '' : `\`${name}\``, on, ...columns.map(([kind]) => cells.get(kind) ?? '·')]
    previous = name
    return line
  })
  const widths = header.map((title, column) =>
    Math.max(...[header, ...lines].map((line) => (line[column] ?? title).length)),
  )
  const render = (line: readonly string[]) =>
    `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [render(header), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.map(render)].join(
    '\n',
  )
}
