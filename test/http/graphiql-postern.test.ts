import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { SignOutDocument } from '../../schema/typed-documents.ts'
import { loadOperations } from '../../src/http/graphiql/load-operations.ts'
import { placedOperations } from '../../src/http/graphiql/operation-subjects.ts'
import { describeInBrowser, launchBrowser } from '../harness/browser.ts'
import { buildGraphiql } from '../harness/graphiql-app.ts'
import { GraphiqlPage } from '../harness/graphiql-page.ts'
import { startOpenidProvider } from '../harness/openid-provider.ts'
import { adminPassword, createOrganization, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import { configure, newPerson, start } from '../sso/arrange.ts'

// The page that `useGraphiql` serves has no path before it; this one does.
const publicUrl = 'https://registry.example.com/postern'

describeInBrowser('GraphiQL on a real Postern, behind a path', () => {
  let postern: Postern
  let browser: Browser
  let context: BrowserContext
  let graphiql: GraphiqlPage

  beforeAll(async () => {
    await buildGraphiql()
    postern = await startPostern({ publicUrl })
    await createOrganization(await postern.signInAsAdministrator(), 'acme')
    browser = await launchBrowser()
    context = await browser.newContext()
  })
  afterAll(async () => {
    await browser?.close()
    await postern?.stop()
  })
  beforeEach(async () => {
    graphiql = new GraphiqlPage(await context.newPage())
    // Redirects to the page.
    await graphiql.open(`${postern.url}/postern/`)
  })
  afterEach(() => graphiql.page.close())

  async function run(operation: string, variables: object): Promise<void> {
    await graphiql.choose(operation)
    await graphiql.page.locator('.graphiql-editor-tool .view-lines').first().click()
    await graphiql.page.keyboard.press('Control+A')
    await graphiql.page.keyboard.insertText(JSON.stringify(variables))
    // The brackets that the editor closed automatically.
    await graphiql.page.keyboard.press('Control+Shift+End')
    await graphiql.page.keyboard.press('Delete')
    await graphiql.page.keyboard.press('Control+Enter')
  }

  it('lists each of the example operations under its subject', async () => {
    expect(new URL(graphiql.page.url()).pathname).toBe('/postern/graphql')
    const names = (await loadOperations()).map(({ name }) => name)
    expect(await graphiql.sidebar.getByRole('button').allInnerTexts()).toEqual(names)
    expect(names).toEqual(placedOperations)
    expect(await graphiql.tabs()).toEqual(['Viewer'])
  })

  it('signs in with the form, and reads an organization with the session token', async () => {
    await graphiql.signIn('admin', adminPassword)
    await graphiql.notice('Signed in').waitFor()
    await graphiql.run('Organization')
    await graphiql.response('"OWNER"').waitFor()
    expect(await graphiql.token.inputValue()).toMatch(/^pstn_ses_/)
  })

  it('shows why a sign-in failed', async () => {
    await graphiql.signIn('admin', 'not the password at all')
    await graphiql.page.getByRole('alert').getByText('The username or the password is wrong').waitFor()
    expect(await graphiql.token.inputValue()).toBe('')
  })

  it("signs in through an organization's provider, with an expired token in the field", async () => {
    const provider = await startOpenidProvider()
    try {
      await configure(await postern.signInAsAdministrator(), provider)
      const { authorizationUrl, signInToken } = await start(postern, provider)
      const callbackUrl = await provider.signIn(authorizationUrl, newPerson(provider, { preferred_username: 'grace' }))
      const ended = await postern.signInAsAdministrator()
      await ended.execute(SignOutDocument, {})
      await graphiql.token.fill(ended.token ?? '')
      await run('CompleteSsoSignIn', { input: { signInToken, callbackUrl } })
      await graphiql.notice('Signed in').waitFor()
      await graphiql.response('"grace"').waitFor()
      expect(await graphiql.token.inputValue()).toMatch(/^pstn_ses_/)
    } finally {
      await provider.stop()
    }
  })

  it('ends the session when the person signs out', async () => {
    await graphiql.signIn('admin', adminPassword)
    await graphiql.notice('Signed in').waitFor()
    const token = await graphiql.token.inputValue()
    await graphiql.page.getByRole('button', { name: 'Sign out' }).click()
    await graphiql.notice('Signed out').waitFor()
    expect(await graphiql.token.inputValue()).toBe('')
    expect((await postern.client(token).send({ query: '{ organization(name: "acme") { id } }' })).status).toBe(401)
  })

  it('forgets a token that has expired, and signs in again with an operation', async () => {
    const ended = await postern.signInAsAdministrator()
    await ended.execute(SignOutDocument, {})
    await graphiql.token.fill(ended.token ?? '')
    await graphiql.run('Viewer')
    await graphiql.notice('sign in again').waitFor()
    expect(await graphiql.token.inputValue()).toBe('')
    await run('SignIn', { input: { username: 'admin', password: adminPassword } })
    await graphiql.notice('Signed in').waitFor()
  })

  it('forgets an organization token when the person signs out, and says that it is still valid', async () => {
    const { secret } = await generateToken(await postern.signInAsAdministrator())
    await graphiql.token.fill(secret)
    await graphiql.page.getByRole('button', { name: 'Sign out' }).click()
    await graphiql.notice('It is still valid').waitFor()
    expect(await graphiql.token.inputValue()).toBe('')
  })
})
