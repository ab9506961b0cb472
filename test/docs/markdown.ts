import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The root of the repository. */
export const root = join(import.meta.dirname, '..', '..')

/** The text of a file, by its path from the root. */
export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Every page of the documentation. */
export const pages: readonly string[] = globSync(['*.md', '.github/**/*.md', 'docs/**/*.md'], { cwd: root }).sort()

export interface Block {
  readonly page: string
  /** The heading that the block is under, of any level. */
  readonly heading: string
  readonly language: string
  readonly text: string
}

/** The fenced code blocks of a page, in their order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let heading = ''
  for (const match of read(page).matchAll(/^(#+) (.*)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    const [, level, title = '', language = '', text = ''] = match
    if (level === undefined) blocks.push({ page, heading, language, text })
    else heading = title
  }
  return blocks
}

/** The blocks of every page. */
export const allBlocks: readonly Block[] = pages.flatMap(blocksOf)

/** The text under a heading of any level, up to the next heading. */
export function sectionOf(page: string, heading: string): string {
  const sections = read(page).split(/^(?=#+ )/m)
  const section = sections.find((text) => text.replace(/^#+ /, '').startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`${page} has no heading "${heading}"`)
  return section
}

/** The cells of every table row under a heading, without the rows that name the columns. */
export function rowsOf(page: string, heading: string): string[][] {
  const tables = sectionOf(page, heading).matchAll(/^\|.*\|\n\|[-|: ]+\|\n((?:\|.*\|\n?)+)/gm)
  const lines = [...tables].flatMap(([, body = '']) => body.trimEnd().split('\n'))
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
}

export const withoutBlocks = (markdown: string): string => markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')

export const codeSpans = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

/** The first code span of a cell. */
export const firstCode = (cell = ''): string => codeSpans(cell)[0] ?? ''
