import { expect, it } from 'vitest'
import { describeInBrowser } from '../harness/browser.ts'
import { useGraphiql } from '../harness/graphiql-page.ts'

describeInBrowser('the sidebar of GraphiQL', () => {
  const fixture = useGraphiql()

  const press = async (...keys: string[]) => {
    for (const key of keys) await fixture.graphiql.page.keyboard.press(key)
  }
  const operations = () => fixture.graphiql.sidebar.getByRole('button').allInnerTexts()

  it('lists the operations by subject', async () => {
    const { sidebar } = fixture.graphiql
    expect(await sidebar.getByRole('heading').allInnerTexts()).toEqual(['Account', 'Schema'])
    const inRegion = (name: string) => sidebar.getByRole('region', { name }).getByRole('button').allInnerTexts()
    expect(await inRegion('Account')).toEqual(['SignIn', 'WhoAmI'])
    expect(await inRegion('Schema')).toEqual(['SchemaTypes'])
  })

  it('opens an operation in a tab of its own, and returns to that tab with what was typed there', async () => {
    const { graphiql } = fixture
    await graphiql.choose('WhoAmI')
    expect(await graphiql.tabs()).toEqual(['SignIn', 'WhoAmI'])
    await graphiql.editor.click()
    await press('Control+Home')
    await graphiql.page.keyboard.insertText('# mine\n')
    // GraphiQL stores what was typed a tenth of a second later.
    await expect
      .poll(() => graphiql.page.evaluate(() => sessionStorage.getItem('graphiql:tabState')))
      .toContain('# mine')
    await graphiql.choose('SignIn')
    await graphiql.editor.getByText('# Not the').waitFor()
    await graphiql.choose('WhoAmI')
    await graphiql.editor.getByText('# mine').waitFor()
    expect(await graphiql.tabs()).toEqual(['SignIn', 'WhoAmI'])
    expect(await graphiql.sidebar.locator('[aria-current=true]').allInnerTexts()).toEqual(['WhoAmI'])
  })

  it('fills an empty tab, instead of opening another one', async () => {
    const { graphiql } = fixture
    await graphiql.page.getByRole('button', { name: 'New tab' }).click()
    await graphiql.choose('SchemaTypes')
    await graphiql.editor.getByText('__schema').waitFor()
    expect(await graphiql.tabs()).toEqual(['SignIn', 'SchemaTypes'])
  })

  it('finds operations by name, subject and description', async () => {
    const { search, sidebar } = fixture.graphiql
    for (const [text, found, count] of [
      ['who', ['WhoAmI'], '1 operation matches.'],
      ['SIGNS person', ['SignIn'], '1 operation matches.'],
      ['account', ['SignIn', 'WhoAmI'], '2 operations match.'],
      ['nothing like it', [], 'No operation matches.'],
    ] as const) {
      await search.fill(text)
      await expect.poll(operations).toEqual(found)
      await sidebar.getByRole('status').getByText(count).waitFor()
    }
    await search.fill('')
    await expect.poll(operations).toHaveLength(3)
  })

  it('opens the first operation that was found with Enter', async () => {
    await fixture.graphiql.search.fill('schema')
    await press('Enter')
    expect(await fixture.graphiql.tabs()).toEqual(['SignIn', 'SchemaTypes'])
  })

  it('the arrow keys walk through the sidebar', async () => {
    const { graphiql } = fixture
    await graphiql.search.focus()
    await press('ArrowDown', 'ArrowDown')
    expect(await graphiql.focused()).toBe('WhoAmI')
    await press('End')
    expect(await graphiql.focused()).toBe('SchemaTypes')
    await press('ArrowDown')
    expect(await graphiql.focused()).toBe('SchemaTypes')
    await press('Enter')
    expect(await graphiql.tabs()).toEqual(['SignIn', 'SchemaTypes'])
    await press('Home', 'ArrowUp')
    expect(await graphiql.focused('ariaLabel')).toBe('Search operations')
  })

  it('the sidebar is one of fewer than 15 Tab stops before the editor, each with a visible focus', async () => {
    const { graphiql } = fixture
    let stops = 0
    for (let id = ''; id !== 'operation-editor'; id = await graphiql.focused('id')) {
      await press('Tab')
      expect(++stops).toBeLessThan(15)
      const outline = await graphiql.page.evaluate('getComputedStyle(document.activeElement).outlineWidth')
      expect(outline, await graphiql.focused('outerHTML')).toBe('2px')
    }
    expect(stops).toBeGreaterThan(5)
  })

  it('the first link skips the sidebar, and Escape leaves the editor', async () => {
    const { graphiql } = fixture
    await press('Tab', 'Enter')
    expect(await graphiql.focused('ariaLabel')).toBe('Operation. Press Enter to edit.')
    await press('Enter')
    expect(await graphiql.focused('ariaLabel')).toBe('Operation. Press Escape to leave.')
    await graphiql.page.keyboard.insertText('#')
    await graphiql.editor.getByText('## Not the').waitFor()
    await press('Escape')
    expect(await graphiql.focused('id')).toBe('operation-editor')
    await press('Tab')
    expect(await graphiql.focused('id')).toBe('')
  })

  it('leaves room for the editor and the response in a window of 768 pixels', async () => {
    const { page } = fixture.graphiql
    await page.setViewportSize({ width: 768, height: 1024 })
    for (const pane of ['.graphiql-query-editor .monaco-editor', '.graphiql-response', '.operations'])
      await expect
        .poll(async () => (await page.locator(pane).first().boundingBox())?.width)
        .toBeGreaterThan(pane === '.operations' ? 150 : 300)
    const width = await page.evaluate('document.documentElement.scrollWidth')
    expect(width).toBe(768)
    for (const button of ['Sign in', 'Show token', 'New tab'])
      expect((await page.getByRole('button', { name: button }).boundingBox())?.x).toBeLessThan(768 - 30)
  })
})
