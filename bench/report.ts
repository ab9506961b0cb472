import { type Comparison, type Measured, median } from './measure.ts'

/** Rows of texts, with headings. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: ReadonlyArray<readonly string[]>
}

/** The figures of each candidate: medians over the slices. */
export function figures(measured: readonly Measured[]): Table {
  return {
    columns: ['', 'requests/s', 'CPU ms each', 'p50 ms', 'p99 ms', 'statements each', 'RSS MB'],
    rows: measured.map((each) => [
      each.name,
      median(each.requestsPerSecond).toFixed(0),
      median(each.cpuMsPerRequest).toFixed(3),
      median(each.p50Ms).toFixed(2),
      median(each.p99Ms).toFixed(2),
      median(each.statementsPerRequest).toFixed(2),
      each.residentMb.toFixed(0),
    ]),
  }
}

/** Medians of ratios, with the middle half of the rounds, and whether they meet the goal. */
export function ratios(comparisons: readonly Comparison[]): Table {
  return {
    columns: ['ratio', 'median', 'middle half', 'goal', ''],
    rows: comparisons.map(({ text, ratios: values, goal }) => {
      const sorted = values.toSorted((a, b) => a - b)
      const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(2)
      return [text, median(values).toFixed(2), `${at(0.25)} to ${at(0.75)}`, ...verdict(median(values), goal)]
    }),
  }
}

/** The goal, and whether a value meets it. */
export function verdict(value: number, goal: Comparison['goal']): [string, string] {
  if (goal === undefined) return ['', '']
  const isMet = 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost
  return ['atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`, isMet ? 'met' : 'missed']
}

/** A Markdown table with padded columns, which is also readable as plain text. */
export function toMarkdown({ columns, rows }: Table): string {
  const widths = columns.map((heading, column) =>
    Math.max(3, heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? `${'-'.repeat(width)}` : `${'-'.repeat(width - 1)}:`))
  return [line(columns), line(rule), ...rows.map(line)].join('\n')
}
