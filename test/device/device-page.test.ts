import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeInBrowser, launchBrowser } from '../harness/browser.ts'
import { poll, startDevice } from '../harness/device.ts'
import { startOpenidProvider } from '../harness/openid-provider.ts'
import { createOrganization, type Person, type Postern, startPostern } from '../harness/postern.ts'
import { configure, newPerson } from '../sso/arrange.ts'

describeInBrowser('the page at /device', () => {
  let postern: Postern
  let browser: Browser
  let page: Page
  let ada: Person

  beforeAll(async () => {
    postern = await startPostern()
    ada = await postern.signUp('ada')
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await postern?.stop()
  })
  beforeEach(async () => {
    page = await (await browser.newContext({ viewport: { width: 375, height: 700 } })).newPage()
  })

  const status = () => page.getByRole('status').innerText()
  const isWide = () =>
    page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth')

  async function signIn(password = ada.password): Promise<void> {
    await page.getByLabel('Username').fill(ada.username)
    await page.keyboard.press('Tab')
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
  }

  it('signs in, shows the device and approves it by keyboard, and never automatically', async () => {
    const device = await startDevice(postern, '<img src=x onerror=alert(1)>')
    await page.goto(`${postern.url}/device?user_code=${device.userCode.toLowerCase()}`)
    await signIn('a wrong password')
    await page.getByText('The username or the password is wrong').waitFor()
    await signIn()
    await page.getByRole('heading', { name: 'Sign in this device as ada?' }).waitFor()
    await page.getByText('<img src=x onerror=alert(1)>', { exact: true }).waitFor()
    expect(await page.locator('#code').innerText()).toBe(device.userCode)
    expect(await page.locator('dd img').count()).toBe(0)
    expect(await isWide()).toBe(false)
    expect((await poll(postern, device)).body.error).toBe('authorization_pending')
    // Deny comes first: random keys approve nothing.
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('Approved.').waitFor()
    const { body } = await poll(postern, device)
    const { viewer } = (
      await postern.client(String(body.access_token)).send({ query: '{ viewer { user { username } } }' })
    ).body.data as { viewer: unknown }
    expect(viewer).toEqual({ user: { username: 'ada' } })
    // The session of the page has ended.
    expect(await postern.em().execute(`select 1 from session where device_name is null`)).toHaveLength(1)
  })

  it('accepts a typed code, and denies the device', async () => {
    const device = await startDevice(postern)
    await page.goto(`${postern.url}/device`)
    await signIn()
    const code = page.getByLabel('Code that the device shows')
    await code.fill('BCDF-GHJK')
    await page.keyboard.press('Enter')
    await page.getByText('No device waits with this code.').waitFor()
    await code.fill(device.userCode)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByText('Denied.').waitFor()
    expect((await poll(postern, device)).body.error).toBe('access_denied')
  })

  it("returns from an organization's provider to the same code", async () => {
    const provider = await startOpenidProvider([`${postern.url}/device`])
    try {
      const admin = await postern.signInAsAdministrator()
      await createOrganization(admin, 'acme')
      await configure(admin, provider)
      await page.setExtraHTTPHeaders({ 'x-subject': newPerson(provider, { preferred_username: 'grace' }) })
      const device = await startDevice(postern)
      await page.goto(`${postern.url}/device?user_code=${device.userCode}`)
      await page.getByLabel('Or through your organization').fill('acme')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Sign in this device as grace?' }).waitFor()
      expect(new URL(page.url()).search).toBe('')
      await page.getByRole('button', { name: 'Approve' }).click()
      await page.getByText('Approved.').waitFor()
      expect((await poll(postern, device)).status).toBe(200)
    } finally {
      await provider.stop()
    }
  })

  it('runs nothing from other servers, and is in no frame', async () => {
    const response = await fetch(`${postern.url}/device`)
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect(await response.text()).not.toMatch(/<style|style=|\son\w+=|https?:/)
    const problems: string[] = []
    page.on('console', (line) => problems.push(line.text()))
    page.on('pageerror', (error) => problems.push(error.message))
    await page.goto(`${postern.url}/device?user_code="><script>alert(1)</script>`)
    await page.getByLabel('Username').waitFor()
    expect([problems, await status()]).toEqual([[], ''])
  })
})
