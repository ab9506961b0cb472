import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { SignOutDocument } from '../../schema/typed-documents.ts'
import { loadOperations } from '../../src/http/graphiql/load-operations.ts'
import { describeInBrowser, launchBrowser } from '../harness/browser.ts'
import { buildGraphiql } from '../harness/graphiql-app.ts'
import { startOpenidProvider } from '../harness/openid-provider.ts'
import { adminPassword, createOrganization, type Postern, startPostern } from '../harness/postern.ts'
import { configure, newPerson, start } from '../sso/arrange.ts'

describeInBrowser('GraphiQL on a real Postern', () => {
  let postern: Postern
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    await buildGraphiql()
    postern = await startPostern()
    await createOrganization(await postern.signInAsAdministrator(), 'acme')
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await postern?.stop()
  })
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage()
    // Where people begin; it leads to the page.
    await page.goto(`${postern.url}/`)
    await page.locator('.graphiql-query-editor .view-line').first().waitFor()
  })

  const tokenInput = () => page.getByLabel('Token', { exact: true })
  const answer = (text: string) => page.locator('.graphiql-response').getByText(text)
  const notice = (text: string) => page.getByRole('status').getByText(text)

  async function run(tab: string, variables?: object): Promise<void> {
    await page
      .getByRole('tab')
      .filter({ hasText: new RegExp(`^${tab}`) })
      .first()
      .click()
    if (variables !== undefined) {
      await page.locator('.graphiql-editor-tool .view-lines').first().click()
      await page.keyboard.press('Control+A')
      await page.keyboard.insertText(JSON.stringify(variables))
      // What the editor has closed by itself.
      await page.keyboard.press('Control+Shift+End')
      await page.keyboard.press('Delete')
    }
    await page.locator('.graphiql-query-editor .view-lines').click()
    await page.keyboard.press('Control+Enter')
  }

  const signIn = () => run('SignIn', { input: { username: 'admin', password: adminPassword } })

  it('has a tab for each of the example operations', async () => {
    expect(await page.getByRole('tab').allInnerTexts()).toHaveLength((await loadOperations()).length)
  })

  it('signs in, and asks for an organization with the session token', async () => {
    await signIn()
    await notice('Signed in').waitFor()
    await run('Organization')
    await answer('"OWNER"').waitFor()
    expect(await tokenInput().inputValue()).toMatch(/^pstn_ses_/)
  })

  it("signs in through an organization's provider, past a token that has ended", async () => {
    const provider = await startOpenidProvider()
    try {
      await configure(await postern.signInAsAdministrator(), provider)
      const { authorizationUrl, signInToken } = await start(postern, provider)
      const callbackUrl = await provider.signIn(authorizationUrl, newPerson(provider, { preferred_username: 'grace' }))
      const ended = await postern.signInAsAdministrator()
      await ended.execute(SignOutDocument, {})
      await tokenInput().fill(ended.token ?? '')
      await run('CompleteSsoSignIn', { input: { signInToken, callbackUrl } })
      await notice('Signed in').waitFor()
      await answer('"grace"').waitFor()
      expect(await tokenInput().inputValue()).toMatch(/^pstn_ses_/)
    } finally {
      await provider.stop()
    }
  })

  it('lets go of the token when the person signs out', async () => {
    await signIn()
    await notice('Signed in').waitFor()
    await run('SignOut')
    await notice('Signed out').waitFor()
    expect(await tokenInput().inputValue()).toBe('')
  })

  it('lets go of a token that has ended, and signs in again', async () => {
    const ended = await postern.signInAsAdministrator()
    await ended.execute(SignOutDocument, {})
    await tokenInput().fill(ended.token ?? '')
    await run('Viewer')
    await notice('sign in again').waitFor()
    expect(await tokenInput().inputValue()).toBe('')
    await signIn()
    await notice('Signed in').waitFor()
  })
})
