import { expect, it } from 'vitest'
import { describeInBrowser } from '../harness/browser.ts'
import { sessionToken } from '../harness/graphiql-app.ts'
import { GraphiqlPage, useGraphiql } from '../harness/graphiql-page.ts'

describeInBrowser('GraphiQL in a browser', () => {
  const fixture = useGraphiql()
  const { received, seen } = fixture

  it('opens the first operation in one tab, with its variables', async () => {
    const { graphiql } = fixture
    expect(await graphiql.page.title()).toBe('Postern')
    expect(await graphiql.tabs()).toEqual(['SignIn'])
    await graphiql.page.locator('.graphiql-query-editor').getByText('# Not the </script> of anything.').waitFor()
    await graphiql.page.locator('.graphiql-editor-tool').getByText('"example"').waitFor()
  })

  it('runs an operation with Ctrl-Enter and shows the response', async () => {
    const { graphiql } = fixture
    await graphiql.run('WhoAmI')
    await graphiql.response('"ada"').waitFor()
    expect(received.at(-1)).toEqual({ operationName: 'WhoAmI', authorization: undefined })
  })

  it('runs the operation of a tab immediately after opening it, from outside of the editors', async () => {
    const { page } = fixture.graphiql
    await fixture.graphiql.choose('WhoAmI')
    await page.getByRole('tab', { name: 'SignIn' }).click()
    await page.locator('.graphiql-query-editor').getByText('# Not the').waitFor()
    await page.evaluate(`
      document.querySelector('#graphiql-session-tab-1').click()
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true }))
    `)
    await fixture.graphiql.response('"ada"').waitFor()
    expect(received.at(-1)).toEqual({ operationName: 'WhoAmI', authorization: undefined })
  })

  it('sends the token with every request, including introspection', async () => {
    const { graphiql } = fixture
    await expect.poll(() => received).toHaveLength(1)
    received.length = 0
    await graphiql.token.fill('Bearer pstn_pat_pasted')
    await graphiql.run('WhoAmI')
    await graphiql.response('"ada"').waitFor()
    expect(new Set(received.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer pstn_pat_pasted']))
    expect(received.map(({ operationName }) => operationName).sort()).toEqual(['IntrospectionQuery', 'WhoAmI'])
  })

  it('shows the token only on request', async () => {
    const { graphiql } = fixture
    await graphiql.token.fill('pstn_pat_hidden')
    expect(await graphiql.token.getAttribute('type')).toBe('password')
    await graphiql.page.getByRole('button', { name: 'Show token' }).click()
    expect(await graphiql.token.getAttribute('type')).toBe('text')
  })

  it('uses the session token of a sign-in that was run as an operation', async () => {
    const { graphiql } = fixture
    await graphiql.run('SignIn')
    await graphiql.notice('Signed in').waitFor()
    expect(await graphiql.token.inputValue()).toBe(sessionToken)
    await graphiql.run('WhoAmI')
    await graphiql.response('"ada"').waitFor()
    expect(received.at(-1)).toEqual({ operationName: 'WhoAmI', authorization: `Bearer ${sessionToken}` })
  })

  it('keeps the token after a reload, and only for its own tab', async () => {
    const { graphiql, context, url } = fixture
    await graphiql.run('SignIn')
    await graphiql.notice('Signed in').waitFor()
    received.length = 0
    await graphiql.open(url)
    expect(await graphiql.token.inputValue()).toBe(sessionToken)
    await expect
      .poll(() => received)
      .toEqual([{ operationName: 'IntrospectionQuery', authorization: `Bearer ${sessionToken}` }])
    expect(await graphiql.page.evaluate(() => JSON.stringify({ ...localStorage }))).toBe('{}')

    const otherTab = new GraphiqlPage(await context.newPage())
    await otherTab.open(url)
    expect(await otherTab.token.inputValue()).toBe('')
  })

  it('explains the schema', async () => {
    const { page } = fixture.graphiql
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    await page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Query' }).click()
    await page.getByText('Who is calling.').waitFor()
  })

  it('wraps long variables', async () => {
    const { page } = fixture.graphiql
    const pane = page.locator('.graphiql-editor-tool .monaco-editor').first()
    await page.locator('.graphiql-editor-tool .view-lines').click()
    await page.keyboard.press('Control+A')
    await page.keyboard.insertText(`{ "input": "${'long '.repeat(100)}" }`)
    await expect.poll(() => pane.locator('.view-line').count()).toBeGreaterThan(5)
    const left = 'document.querySelector(".graphiql-editor-tool .lines-content").getBoundingClientRect().left'
    const before = await page.evaluate(left)
    await page.keyboard.press('Control+End')
    expect(await page.evaluate(left)).toBe(before)
  })

  it('GraphiQL in a browser is dark or light like the system', async () => {
    const { page } = fixture.graphiql
    const background = () => page.evaluate<string>('getComputedStyle(document.querySelector("header")).backgroundColor')
    await page.emulateMedia({ colorScheme: 'light' })
    expect(await background()).toBe('rgb(255, 255, 255)')
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await background()).toBe('rgb(33, 42, 59)')
  })

  it('neither runs an injected script nor connects to another server', async () => {
    const { page } = fixture.graphiql
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
