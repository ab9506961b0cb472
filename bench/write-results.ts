import { readFile, writeFile } from 'node:fs/promises'

const file = new URL('../docs/performance.md', import.meta.url)
const beginning = '<!-- results: what follows is written by `npm run bench -- --write` -->'
const end = '<!-- end of results -->'

/** Writes the results into the documentation. */
export async function writeResults(markdown: string): Promise<void> {
  const page = await readFile(file, 'utf8')
  const from = page.indexOf(beginning)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error('docs/performance.md has lost the marks between which results stand.')
  await writeFile(file, `${page.slice(0, from)}${beginning}\n\n${markdown}\n\n${page.slice(to)}`)
}
