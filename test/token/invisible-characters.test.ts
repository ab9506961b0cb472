import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../harness/client.ts'
import { createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { faultsOf, tryToGenerate } from './arrange.ts'

let postern: Postern
let owner: Client
beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.signInAsAdministrator()
  await createOrganization(owner, 'acme', 'BUSINESS')
})
afterAll(() => postern.stop())

describe('a label', () => {
  it.each([
    ['U+202E', 'ci \u202Egnp.exe'],
    ['U+200B', 'c\u200Bi'],
    ['U+200D', 'c\u200Di'],
    ['U+200D', '\u{1F468}\u200Dci'],
    ['U+FEFF', 'c\uFEFFi'],
    ['U+2028', 'first\u2028second'],
    ['U+00AD', 'build\u00ADer'],
    ['U+2066', '\u2066ci'],
    ['U+3164', 'ci\u3164'],
    ['U+FE0F', 'ci\uFE0F'],
    ['U+E0041', 'ci\u{E0041}'],
    ['U+000A', 'ci\nnight'],
    ['U+0007', 'ci\u0007'],
  ])('a label with %s is INVALID, and the message names it', async (name, label) => {
    const payload = await tryToGenerate(owner, { label, description: label })
    expect(faultsOf(payload)).toEqual(['INVALID input.label', 'INVALID input.description'])
    for (const { message } of payload.userErrors) expect(message.endsWith(`this one has ${name}.`), message).toBe(true)
  })

  it.each([
    'Büro – Köln',
    'нічна збірка',
    'ビルド',
    'नमस्ते',
    '👨\u200D👩\u200D👧 family',
    '❤\uFE0F',
    '☎\uFE0E',
    '1\uFE0F\u20E3',
    '👩🏽\u200D💻',
    '🏳\uFE0F\u200D🌈',
    '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}',
  ])('a label with %s is accepted unchanged', async (label) => {
    const { accessToken, userErrors } = await tryToGenerate(owner, { label })
    expect(userErrors).toEqual([])
    expect(accessToken?.label).toBe(label)
  })
})
