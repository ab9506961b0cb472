import { type MatrixCallerKind, organizationTokens, personalTokens } from './matrix-callers.ts'

/** A row of the table: the cells by caller, absent if the row does not apply. */
export interface MatrixRow {
  readonly field: string
  readonly on: string
  readonly cells: ReadonlyMap<MatrixCallerKind, string>
}

/** Callers who share a column, with their titles by kind. A single caller's title is the column's. */
interface Column {
  readonly title: string
  readonly callers: Readonly<Partial<Record<MatrixCallerKind, string>>>
}

const people: readonly Column[] = (
  [
    ['anonymous', 'anonymous'],
    ['stranger', 'stranger'],
    ['exMember', 'ex-member'],
    ['member', 'member'],
    ['groupMember', 'group member'],
    ['editor', 'editor'],
    ['owner', 'owner'],
    ['companyOwner', 'company owner'],
    ['ownerElsewhere', 'owner elsewhere'],
    ['administrator', 'administrator'],
  ] as const
).map(([kind, title]) => ({ title, callers: { [kind]: title } }))

const tokens: readonly Column[] = [
  { title: "the owner's tokens", callers: personalTokens },
  { title: 'tokens of acme', callers: organizationTokens },
  { title: 'token elsewhere', callers: { tokenElsewhere: 'token elsewhere' } },
]

const introduction = `# Permissions

This page lists every root field of the API, every guarded field below one, and every other field whose result depends
on the caller, with the result for every kind of caller. \`test/access/permission-matrix.test.ts\` writes it. The test
tries each cell on a running server, compares it with the policy, and fails if this page says something else.
\`npm test -- test/access -u\` updates it.

The callers, all seen from the organization \`acme\`, which is part of a company:

| caller | description |
|---|---|
| anonymous | sends no token |
| stranger | is signed in, and is a member of no organization |
| ex-member | was an editor of \`acme\`, and left |
| member, editor, owner | has this role in \`acme\` |
| group member | is a member of \`acme\`, in a group that may push to the repositories of \`acme\` in the table |
| company owner | owns the company of \`acme\`, and is not a member of \`acme\` |
| owner elsewhere | owns another organization |
| administrator | of the installation, in no organization |
| the owner's tokens | five personal tokens of the owner: one for each access level on everything that they can reach, and one with the highest level for the one repository \`acme/named\` |
| tokens of acme | one with every permission on everything; one with each permission alone, on the organization or all of its repositories (\`IMAGE_DELETE\` represents those of images); one with \`REPOSITORY_ADMIN\` on \`acme/named\`; one that pulls from public repositories |
| token elsewhere | a token of another organization with every permission on everything |

No caller belongs to the organization \`initech\`. The cells:

| cell | meaning |
|---|---|
| yes | allowed |
| null | a query returns null: there is nothing that the caller can see |
| not found | a mutation returns the user error \`NOT_FOUND\`: there is nothing that the caller can see |
| forbidden | denied with the error \`FORBIDDEN\` |
| sign in | denied with the error \`UNAUTHENTICATED\` |
| = … | this value; of permissions, those that include the others, \`PUSH\` for \`IMAGE_PUSH\` and so on |
| · | nothing to try |

Where several tokens share a column, the result of most of them comes first, followed by each token with another result.
If the caller cannot see an object, the response is byte for byte the one for an object that does not exist. A denied
mutation changes nothing.

Four more callers are in no table: an organization token and a personal token that were deactivated, and two that have
expired. Their result is always "sign in", byte for byte.
`

/** The whole of `docs/permissions.md`. */
export function renderMatrix(rows: readonly MatrixRow[]): string {
  const section = (title: string, type: RegExp, columns: readonly Column[]) => {
    const ofType = rows.filter(({ field }) => type.test(field))
    return `### ${title}\n\n${renderTable(ofType.toSorted(byFirst(ofType)), columns)}\n`
  }
  const part = (title: string, columns: readonly Column[]) => [
    `## ${title}\n`,
    section('Queries', /^Query\./, columns),
    section('Fields', /^(?!Query|Mutation)/, columns),
    section('Mutations', /^Mutation\./, columns),
  ]
  return [introduction, ...part('People', people), ...part('Access tokens', tokens)].join('\n')
}

/** Groups the rows of one field, at the place of the first one. */
function byFirst(rows: readonly MatrixRow[]) {
  const places = new Map(rows.map(({ field }) => [field, rows.findIndex((row) => row.field === field)]))
  return (one: MatrixRow, other: MatrixRow) => (places.get(one.field) ?? 0) - (places.get(other.field) ?? 0)
}

function renderTable(rows: readonly MatrixRow[], columns: readonly Column[]): string {
  const header = ['field', 'on', ...columns.map(({ title }) => title)]
  let previous = ''
  const lines = rows.map(({ field, on, cells }) => {
    const name = field.replace(/^(Query|Mutation)\./, '')
    const line = [name === previous ? '' : `\`${name}\``, on, ...columns.map((column) => renderCell(column, cells))]
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

/** The outcome for most callers of a column, then the exceptions: `null; yes: READ, READ_WRITE`. */
function renderCell({ callers }: Column, cells: MatrixRow['cells']): string {
  const titles = new Map<string, string[]>()
  for (const [kind, title] of Object.entries(callers)) {
    const response = cells.get(kind as MatrixCallerKind) ?? '·'
    titles.set(response, [...(titles.get(response) ?? []), title])
  }
  const [most = ['·'], ...rest] = [...titles].toSorted(([, one], [, other]) => other.length - one.length)
  const others = rest.toSorted(([one], [other]) => Number(other === 'yes') - Number(one === 'yes'))
  return [most[0], ...others.map(([response, who]) => `${response}: ${who.join(', ')}`)].join('; ')
}
