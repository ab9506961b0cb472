import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { ExampleOperation } from '../../src/http/graphiql/example-operation.ts'
import { launchBrowser } from './browser.ts'
import { buildGraphiql, correctPassword, createGraphiqlApp, type ReceivedOperation } from './graphiql-app.ts'

export const exampleOperations: ReadonlyArray<ExampleOperation> = [
  {
    name: 'SignIn',
    subject: 'Account',
    description: 'Signs a person in.',
    source: `# Not the </script> of anything.
mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    sessionToken
    userErrors {
      message
    }
  }
}`,
    variables: `{ "input": { "username": "ada", "password": "${correctPassword}" } }`,
  },
  {
    name: 'WhoAmI',
    subject: 'Account',
    description: 'Shows the caller.',
    source: 'query WhoAmI {\n  viewer {\n    username\n  }\n}',
  },
  {
    name: 'SchemaTypes',
    subject: 'Schema',
    description: 'Lists all types.',
    source: 'query SchemaTypes {\n  __schema {\n    types {\n      name\n    }\n  }\n}',
  },
]

/** A page of GraphiQL in a browser, with the actions of a person. */
export class GraphiqlPage {
  readonly page: Page
  constructor(page: Page) {
    this.page = page
  }

  /** Loads or reloads the page. */
  async open(url: string): Promise<void> {
    await (this.page.url() === url ? this.page.reload() : this.page.goto(url))
    await this.page.locator('.graphiql-query-editor .view-line').first().waitFor()
  }

  get sidebar(): Locator {
    return this.page.getByRole('navigation', { name: 'Operations' })
  }

  get search(): Locator {
    return this.sidebar.getByRole('searchbox', { name: 'Search operations' })
  }

  get token(): Locator {
    return this.page.getByLabel('Token', { exact: true })
  }

  get editor(): Locator {
    return this.page.locator('.graphiql-query-editor .view-lines')
  }

  tabs(): Promise<string[]> {
    return this.page.getByRole('tab').allInnerTexts()
  }

  /** The text, or the element, with the focus. */
  focused(property = 'innerText'): Promise<string> {
    return this.page.evaluate(`document.activeElement.${property}`)
  }

  response(text: string): Locator {
    return this.page.locator('.graphiql-response').getByText(text)
  }

  notice(text: string): Locator {
    return this.page.locator('header').getByRole('status').getByText(text)
  }

  async choose(operation: string): Promise<void> {
    await this.sidebar.getByRole('button', { name: operation, exact: true }).click()
  }

  async run(operation: string): Promise<void> {
    await this.choose(operation)
    await this.editor.click()
    await this.page.keyboard.press('Control+Enter')
  }

  /** Fills the sign-in form, and sends it. */
  async signIn(username: string, password: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Sign in' }).first().click()
    const form = this.page.getByRole('dialog', { name: 'Sign in' })
    await form.getByLabel('Username').fill(username)
    await form.getByLabel('Password').fill(password)
    await form.getByRole('button', { name: 'Sign in' }).click()
  }
}

/** Errors on the console (including violations of the policy), thrown errors, and contacted origins. */
export interface Seen {
  errors: string[]
  readonly origins: Set<string>
}

export interface GraphiqlFixture {
  /** The page of the current test, in a browser tab of its own. */
  readonly graphiql: GraphiqlPage
  readonly context: BrowserContext
  readonly url: string
  readonly received: ReceivedOperation[]
  readonly seen: Seen
}

/**
 * Starts one browser and one server for the tests of a file. After each test, the page must have caused no errors, and
 * have contacted no other server.
 */
export function useGraphiql(): GraphiqlFixture {
  const received: ReceivedOperation[] = []
  const seen: Seen = { errors: [], origins: new Set() }
  let app: FastifyInstance
  let browser: Browser
  let context: BrowserContext
  let graphiql: GraphiqlPage
  let origin: string

  beforeAll(async () => {
    await buildGraphiql()
    app = await createGraphiqlApp({ operations: exampleOperations }, (operation) => received.push(operation))
    await app.listen({ host: '127.0.0.1', port: 0 })
    origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    browser = await launchBrowser()
    // Shared, because its cache of files saves half of the time.
    context = await browser.newContext()
    context.on('request', (request) => seen.origins.add(new URL(request.url()).origin))
    context.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()))
    context.on('weberror', (error) => seen.errors.push(String(error.error())))
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
  })
  beforeEach(async () => {
    received.length = 0
    seen.errors = []
    seen.origins.clear()
    graphiql = new GraphiqlPage(await context.newPage())
    await graphiql.open(`${origin}/graphql`)
  })
  afterEach(async () => {
    for (const page of context.pages()) await page.close()
    expect(seen).toEqual({ errors: [], origins: new Set([origin]) })
  })

  return {
    received,
    seen,
    get graphiql() {
      return graphiql
    },
    get context() {
      return context
    },
    get url() {
      return `${origin}/graphql`
    },
  }
}
