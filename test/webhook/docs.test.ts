import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { noticeKinds } from '../../src/domain/model/notice.ts'
import { noticeBody, noticeTypes } from '../../src/domain/notice/notice-body.ts'
import { generateSigningSecret, signedHeaders } from '../../src/domain/notice/signing-secret.ts'

const markdown = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reference', 'webhooks.md'), 'utf8')
const block = (language: string) =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(markdown)?.[1] ?? ''

const directory = mkdtempSync(join(tmpdir(), 'postern-docs-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('docs/reference/webhooks.md', () => {
  it('verifies a body that is signed with either of two secrets, and nothing else', async () => {
    const file = join(directory, 'verify.mjs')
    writeFileSync(file, block('js'))
    const { isFromPostern } = await import(/* @vite-ignore */ pathToFileURL(file).href)
    const [old, current] = [generateSigningSecret(), generateSigningSecret()]
    const now = new Date()
    const headers = signedHeaders('whd_1', '{}', [current.bytes, old.bytes], now)
    expect(isFromPostern(old.text, headers, '{}')).toBe(true)
    expect(isFromPostern(current.text, headers, '{}')).toBe(true)
    expect(isFromPostern(generateSigningSecret().text, headers, '{}')).toBe(false)
    expect(isFromPostern(current.text, headers, '{ }')).toBe(false)
    expect(isFromPostern(current.text, { ...headers, 'webhook-id': 'whd_2' }, '{}')).toBe(false)
    expect(isFromPostern(current.text, {}, '{}')).toBe(false)
    const old5 = signedHeaders('whd_1', '{}', [current.bytes], new Date(now.getTime() - 301_000))
    expect(isFromPostern(current.text, old5, '{}')).toBe(false)
  })

  it('shows the body that is sent', () => {
    const example = JSON.parse(block('json'))
    const { organization: name, token, ...data } = example.data
    const content = {
      kind: 'TOKEN_EXPIRING',
      at: example.timestamp,
      tokenId: token.id,
      tokenLabel: token.label,
    } as const
    expect(JSON.parse(noticeBody({ ...content, data, name }))).toEqual(example)
  })

  it('has every kind of notification', () => {
    const rows = [...markdown.matchAll(/^\| `([A-Z_]+)` \| `([a-z_.]+)` \|/gm)].map(([, kind, type]) => [kind, type])
    expect(rows).toEqual(noticeKinds.map((kind) => [kind, noticeTypes[kind]]))
  })
})
