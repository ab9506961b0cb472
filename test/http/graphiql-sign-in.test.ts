import { expect, it } from 'vitest'
import { describeInBrowser } from '../harness/browser.ts'
import { correctPassword, sessionToken } from '../harness/graphiql-app.ts'
import { useGraphiql } from '../harness/graphiql-page.ts'

describeInBrowser('the sign-in of GraphiQL', () => {
  const fixture = useGraphiql()
  const { received, seen } = fixture
  const dialog = () => fixture.graphiql.page.getByRole('dialog', { name: 'Sign in' })

  it('the sign-in of GraphiQL is a form whose session token is used for requests', async () => {
    const { graphiql } = fixture
    await graphiql.signIn('ada', correctPassword)
    await graphiql.notice('Signed in. Requests send your session token.').waitFor()
    expect(await dialog().count()).toBe(0)
    expect(await graphiql.token.inputValue()).toBe(sessionToken)
    await graphiql.run('WhoAmI')
    await graphiql.response('"ada"').waitFor()
    expect(received.at(-1)).toEqual({ operationName: 'WhoAmI', authorization: `Bearer ${sessionToken}` })
  })

  it('shows why it failed, and stays open', async () => {
    const { graphiql } = fixture
    await graphiql.signIn('ada', 'a wrong password')
    await dialog().getByRole('alert').getByText('The password is wrong.').waitFor()
    expect(await graphiql.token.inputValue()).toBe('')
  })

  it('stores no password, and forgets it when the form closes', async () => {
    const { graphiql } = fixture
    await graphiql.signIn('ada', 'a wrong password')
    await dialog().getByRole('alert').getByText('The password is wrong.').waitFor()
    await graphiql.page.keyboard.press('Escape')
    await graphiql.page.getByRole('button', { name: 'Sign in' }).click()
    expect(await dialog().getByLabel('Password').inputValue()).toBe('')
    const stored = await graphiql.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
    expect(stored).not.toContain('a wrong password')
  })

  it('takes the focus, and returns it to the button', async () => {
    const { graphiql } = fixture
    await graphiql.page.getByRole('button', { name: 'Sign in' }).focus()
    await graphiql.page.keyboard.press('Enter')
    expect(await graphiql.focused('name')).toBe('username')
    await graphiql.page.keyboard.press('Escape')
    expect(await graphiql.focused()).toBe('Sign in')
  })

  it('ends with a sign-out, which forgets the token', async () => {
    const { graphiql } = fixture
    await graphiql.signIn('ada', correctPassword)
    await graphiql.notice('Signed in').waitFor()
    await graphiql.page.getByRole('button', { name: 'Sign out' }).click()
    await graphiql.notice('Signed out.').waitFor()
    expect(received.findLast(({ operationName }) => operationName === 'SignOut')?.authorization).toBe(
      `Bearer ${sessionToken}`,
    )
    expect(await graphiql.token.inputValue()).toBe('')
    expect(await graphiql.page.evaluate(() => sessionStorage.getItem('postern.token'))).toBeNull()
    expect(await graphiql.page.getByRole('button', { name: 'Sign in' }).count()).toBe(1)
  })

  it.each([
    ['offline', 'You are offline. Connect to the network, and try again.'],
    ['away', 'Postern cannot be reached. Check that the server is running, and try again.'],
    ['replaced by a proxy', 'The response has status 502 and is not from Postern.'],
  ])('says in a sentence that the server is %s, and so do the response and the sign-out', async (state, sentence) => {
    const { graphiql, context } = fixture
    // The editor loads its workers last. A busy machine may never be idle, and then they are there after five seconds.
    await graphiql.page.waitForLoadState('networkidle', { timeout: 5_000 }).catch(() => undefined)
    await graphiql.token.fill('pstn_ses_pasted')
    if (state === 'offline') await context.setOffline(true)
    else
      await graphiql.page.route('**/graphql', (route) =>
        state === 'away' ? route.abort() : route.fulfill({ status: 502, body: '<h1>Bad Gateway</h1>' }),
      )
    await graphiql.run('WhoAmI')
    await graphiql.response(sentence).waitFor()
    expect(await graphiql.page.locator('.graphiql-response').getByText('stack').count()).toBe(0)
    await graphiql.page.getByRole('button', { name: 'Sign out' }).click()
    await graphiql.notice(sentence).waitFor()
    await graphiql.notice('You are still signed in.').waitFor()
    expect(await graphiql.token.inputValue()).toBe('pstn_ses_pasted')
    await graphiql.token.fill('')
    await graphiql.signIn('ada', correctPassword)
    await dialog().getByRole('alert').getByText(sentence).waitFor()
    await context.setOffline(false)
    // The console lists requests that failed.
    seen.errors = seen.errors.filter((error) => !error.startsWith('Failed to load resource'))
  })
})
