import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeInBrowser, launchBrowser } from '../harness/browser.ts'
import { buildGraphiql, makeGraphiqlApp, type ReceivedOperation, sessionToken } from '../harness/graphiql-app.ts'

const operations = [
  {
    name: '01-sign-in',
    source:
      '# Not the </script> of anything.\nmutation SignIn($password: String!) {\n  signIn(password: $password) {\n    sessionToken\n  }\n}',
    variables: '{ "password": "example" }',
  },
  { name: '02-viewer', source: 'query WhoAmI {\n  viewer {\n    username\n  }\n}' },
]

describeInBrowser('GraphiQL in a browser', () => {
  let app: FastifyInstance
  let received: ReceivedOperation[]
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let origin: string
  /** Errors on the console (a violated policy is one), errors thrown, and the origins that were asked. */
  let seen: { errors: string[]; origins: Set<string> }

  beforeAll(async () => {
    await buildGraphiql()
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    received = []
    app = await makeGraphiqlApp({ operations }, (operation) => received.push(operation))
    await app.listen({ host: '127.0.0.1', port: 0 })
    origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    context = await browser.newContext()
    seen = { errors: [], origins: new Set() }
    context.on('request', (request) => seen.origins.add(new URL(request.url()).origin))
    context.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()))
    context.on('weberror', (error) => seen.errors.push(String(error.error())))
    page = await context.newPage()
    await open(page)
  })
  afterEach(async () => {
    await context?.close()
    await app?.close()
    expect(seen).toEqual({ errors: [], origins: new Set([origin]) })
  })

  async function open(tab: Page): Promise<void> {
    await (tab.url() === `${origin}/graphql` ? tab.reload() : tab.goto(`${origin}/graphql`))
    await tab.locator('.graphiql-query-editor .view-line').first().waitFor()
  }

  const tokenInput = (tab: Page = page) => tab.getByLabel('Token', { exact: true })
  const answer = (text: string) => page.locator('.graphiql-response').getByText(text)

  async function run(tabName: string): Promise<void> {
    await page.getByRole('tab', { name: tabName }).click()
    await page.locator('.graphiql-query-editor .view-lines').click()
    await page.keyboard.press('Control+Enter')
  }

  it('has a tab for each example, named after its operation', async () => {
    expect(await page.title()).toBe('Postern')
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(['SignIn', 'WhoAmI'])
    expect(await page.locator('.graphiql-tab svg > title').allTextContents()).toContain('close icon')
    await page.locator('.graphiql-query-editor').getByText('# Not the </script> of anything.').waitFor()
    await page.locator('.graphiql-editor-tool').getByText('"example"').waitFor()
  })

  it('runs an operation with Ctrl-Enter and shows its answer', async () => {
    await run('WhoAmI')
    await answer('"ada"').waitFor()
    expect(received.at(-1)).toEqual({ operationName: 'WhoAmI', authorization: undefined })
  })

  it('runs the operation of a tab in the very moment of opening it, from outside the editors', async () => {
    await page.getByRole('tab', { name: 'SignIn' }).click()
    await page.locator('.graphiql-query-editor').getByText('# Not the').waitFor()
    await page.evaluate(`
      document.querySelector('#graphiql-session-tab-1').click()
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true }))
    `)
    await answer('"ada"').waitFor()
    expect(received.at(-1)).toEqual({ operationName: 'WhoAmI', authorization: undefined })
  })

  it('sends the token with every request once there is one, the reading of the schema included', async () => {
    received.length = 0
    await tokenInput().fill('Bearer pstn_pat_pasted')
    await run('WhoAmI')
    await answer('"ada"').waitFor()
    expect(new Set(received.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer pstn_pat_pasted']))
    expect(received.map(({ operationName }) => operationName).sort()).toEqual(['IntrospectionQuery', 'WhoAmI'])
  })

  it('shows the token only when asked to', async () => {
    await tokenInput().fill('pstn_pat_hidden')
    expect(await tokenInput().getAttribute('type')).toBe('password')
    await page.getByRole('button', { name: 'Show token' }).click()
    expect(await tokenInput().getAttribute('type')).toBe('text')
  })

  it('takes over the session token of a successful sign-in', async () => {
    await run('SignIn')
    await page.getByRole('status').getByText('Signed in').waitFor()
    expect(await tokenInput().inputValue()).toBe(sessionToken)
    await run('WhoAmI')
    await answer('"ada"').waitFor()
    expect(received.at(-1)).toEqual({ operationName: 'WhoAmI', authorization: `Bearer ${sessionToken}` })
  })

  it('keeps the token over a reload, and for no other tab', async () => {
    await run('SignIn')
    await page.getByRole('status').getByText('Signed in').waitFor()
    received.length = 0
    await open(page)
    expect(await tokenInput().inputValue()).toBe(sessionToken)
    await expect
      .poll(() => received)
      .toEqual([{ operationName: 'IntrospectionQuery', authorization: `Bearer ${sessionToken}` }])
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).toBe('{}')

    const otherTab = await context.newPage()
    await open(otherTab)
    expect(await tokenInput(otherTab).inputValue()).toBe('')
  })

  it('explains the schema', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    await page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Query' }).click()
    await page.getByText('Who is calling.').waitFor()
  })

  it('is dark where the system is, and light where it is not', async () => {
    const background = () => page.evaluate<string>('getComputedStyle(document.querySelector("header")).backgroundColor')
    await page.emulateMedia({ colorScheme: 'light' })
    expect(await background()).toBe('rgb(255, 255, 255)')
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await background()).toBe('rgb(33, 42, 59)')
  })

  it('can neither run a script that was put into the page nor ask another server', async () => {
    const outcome = await page.evaluate(`
      const script = document.createElement('script')
      script.textContent = 'document.title = "taken over"'
      document.head.append(script)
      fetch('http://127.0.0.1:9/').then(() => 'answered', () => 'refused')
    `)
    expect({ outcome, title: await page.title() }).toEqual({ outcome: 'refused', title: 'Postern' })
    expect(seen.errors.filter((error) => error.includes('Content Security Policy')).length).toBeGreaterThanOrEqual(2)
    seen.errors = []
  })
})
