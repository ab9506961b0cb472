import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeSpans, pages, read, root, withoutBlocks } from './markdown.ts'

const scripts = Object.keys(JSON.parse(read('package.json')).scripts)

/** The relative links of a page, with their anchors. */
function linksOf(page: string): string[] {
  const links = [...withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => !/^https?:/.test(link))
}

const targetOf = (page: string, link: string) => {
  const file = link.split('#', 1)[0] ?? ''
  return file === '' ? page : posix.normalize(posix.join(posix.dirname(page), file))
}

/** As forges turn a heading into an anchor. */
const anchorOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

function leadsSomewhere(page: string, link: string): boolean {
  const target = targetOf(page, link)
  if (!existsSync(join(root, target))) return false
  const anchor = link.split('#')[1]
  if (anchor === undefined) return true
  const titles = [...withoutBlocks(read(target)).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchorOf(title))
  return titles.includes(anchor)
}

describe.each(pages)('%s', (page) => {
  it('links to files and headings that exist', () => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([])
  })

  it('names files that exist', () => {
    const named = codeSpans(withoutBlocks(read(page))).filter((code) =>
      /^(src|test|schema|migrations|docs|bench|\.ci)\/[\w./-]*$/.test(code),
    )
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  it('names npm scripts that exist', () => {
    const named = [...read(page).matchAll(/\bnpm (?:run (?:--silent )?([\w-]+)|(start|test)\b)/g)]
    expect(named.map(([, run, own]) => run ?? own ?? '').filter((script) => !scripts.includes(script))).toEqual([])
  })
})

it('reaches every page of docs from docs/README.md', () => {
  const reached = new Set(['docs/README.md'])
  for (const page of reached)
    for (const target of linksOf(page).map((link) => targetOf(page, link)))
      if (target.startsWith('docs/') && target.endsWith('.md')) reached.add(target)
  expect([...reached].sort()).toEqual(pages.filter((page) => page.startsWith('docs/')))
})

it('reaches docs/README.md and every page at the root from README.md', () => {
  const linked = linksOf('README.md').map((link) => targetOf('README.md', link))
  const atRoot = pages.filter((page) => !page.includes('/') && page !== 'README.md')
  expect(linked).toEqual(expect.arrayContaining(['docs/README.md', ...atRoot]))
})

it('finds a link that leads nowhere, by file and by heading', () => {
  expect(leadsSomewhere('docs/README.md', 'no-such-page.md')).toBe(false)
  expect(leadsSomewhere('docs/README.md', '#no-such-heading')).toBe(false)
  expect(leadsSomewhere('docs/README.md', '#guides')).toBe(true)
})

describe('CONTRIBUTING.md', () => {
  it('lists every npm script once', () => {
    const rows = read('CONTRIBUTING.md').match(/^\| `(npm|\.ci).*$/gm) ?? []
    const commands = rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? '')
    expect(new Set(commands).size).toBe(commands.length)
    const isListed = (script: string) => commands.some((command) => command.match(`npm (run (--silent )?)?${script}$`))
    const listed = rows.flatMap((row) => codeSpans(row)).join('\n')
    const isNamed = (script: string) => isListed(script) || listed.match(`npm run ${script}\\b`)
    expect(scripts.filter((script) => script !== 'prestart' && !isNamed(script))).toEqual([])
  })
})
