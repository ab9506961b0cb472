import { describe, expect, it } from 'vitest'
import { pages, read, rowsOf } from './markdown.ts'

const records = pages.filter((page) => /^docs\/decisions\/\d{4}-/.test(page))
const rows = rowsOf('docs/decisions/README.md', 'Decisions')

describe('the index of decisions', () => {
  it('the index of decisions has the number, title, date and status of every record', () => {
    const expected = records.map((page) => {
      const [, number, title] = /^# (\d{4}): (.*)$/m.exec(read(page)) ?? []
      const [, date] = /^- Date: (.*)$/m.exec(read(page)) ?? []
      const [, status] = /^- Status: ((?:.|\n(?! *$|-))*)$/m.exec(read(page)) ?? []
      return [`[${number}](${page.slice('docs/decisions/'.length)})`, title, date, status?.replaceAll(/\s+/g, ' ')]
    })
    expect(rows).toEqual(expected)
  })

  it('numbers the records without a gap', () => {
    expect(records.map((page) => Number(page.slice('docs/decisions/'.length).slice(0, 4)))).toEqual(
      records.map((_, index) => index + 1),
    )
  })

  it('names the record that supersedes another on both sides', () => {
    for (const [number = '', , , status = ''] of rows.filter((row) => row[3]?.startsWith('superseded by'))) {
      const successor = /\[(\d{4})\]/.exec(status)?.[1]
      const [, , , other] = rows.find(([name]) => name?.startsWith(`[${successor}]`)) ?? []
      expect(other).toContain(`supersedes ${number}`)
    }
  })
})

describe.each(records)('%s', (page) => {
  it('has a date, a status, and its three parts', () => {
    const text = read(page)
    expect(text).toMatch(/^- Date: \d{4}-\d\d-\d\d\n- Status: (accepted|superseded by )/m)
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual(['Context', 'Decision', 'Consequences'])
  })
})
