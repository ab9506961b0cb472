import { administratorPassword } from './start-postern.ts'

/** The callers that send documents, and the ids and names that documents can contain. */
export interface DocumentWorld {
  /** Bearer secrets by kind of caller; null is anonymous. */
  readonly principals: Readonly<Record<string, string | null>>
  readonly organization: string
  readonly repositories: readonly string[]
  readonly ids: readonly string[]
}

type Result = Record<string, Record<string, unknown>>

/** Sends a document, and returns the status and the raw body. */
export async function sendDocument(
  url: string,
  bearer: string | null,
  query: string,
  variables: object = {},
): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(bearer !== null && { authorization: `Bearer ${bearer}` }) },
    body: JSON.stringify({ query, variables }),
  })
  return { status: response.status, body: await response.text() }
}

const tokenCount = 60
const repositoryCount = 40

/** Creates an organization with many items of every kind. */
export async function createDocumentWorld(url: string): Promise<DocumentWorld> {
  const run = async (bearer: string | null, query: string, variables: object = {}): Promise<Result> => {
    const { data, errors } = JSON.parse((await sendDocument(url, bearer, query, variables)).body)
    if (errors || Object.values<{ userErrors?: unknown[] }>(data).some(({ userErrors }) => userErrors?.length))
      throw new Error(JSON.stringify(errors ?? data))
    return data
  }
  const signedIn = await run(
    null,
    'mutation ($p: String!) { signIn(input: { username: "admin", password: $p }) { sessionToken userErrors { message } } }',
    { p: administratorPassword },
  )
  const session = String(signedIn.signIn?.sessionToken)
  const act = (query: string, variables: object = {}) => run(session, query, variables)
  await act(
    'mutation { createOrganization(input: { name: "acme", plan: BUSINESS }) { organization { id } userErrors { message } } }',
  )
  const repositories = Array.from({ length: repositoryCount }, (_, index) => `acme/repository-${index}`)
  for (const name of repositories)
    await act(
      'mutation ($name: String!) { createRepository(input: { name: $name, visibility: PUBLIC }) { repository { id } userErrors { message } } }',
      { name },
    )
  const secrets: string[] = []
  for (let index = 0; index < tokenCount; index++) {
    const scopes = [{ resource: 'REPOSITORY', path: 'acme/*', permissions: ['IMAGE_PULL'] }]
    const { generateOrganizationToken } = await act(
      'mutation ($input: GenerateOrganizationTokenInput!) { generateOrganizationToken(input: $input) { secret userErrors { message } } }',
      { input: { organization: 'acme', label: `token ${index}`, scopes } },
    )
    secrets.push(String(generateOrganizationToken?.secret))
  }
  const { generatePersonalToken } = await act(
    'mutation { generatePersonalToken(input: { label: "mine", access: READ_WRITE_DELETE }) { secret userErrors { message } } }',
  )
  for (let index = 0; index < 5; index++) {
    await act(
      'mutation ($name: String!) { createGroup(input: { organization: "acme", name: $name }) { group { id } userErrors { message } } }',
      { name: `group-${index}` },
    )
    await act(
      'mutation ($url: String!) { createWebhook(input: { organization: "acme", url: $url, events: [TOKEN_EXPIRED] }) { webhook { id } userErrors { message } } }',
      { url: `http://127.0.0.1:9/${index}` },
    )
  }
  const { organization } = await act(
    '{ organization(name: "acme") { id accessTokens(first: 20) { nodes { id } } repositories(first: 20) { nodes { id } } activity(first: 20) { nodes { id } } groups { nodes { id } } webhooks { nodes { id } } } }',
  )
  return {
    principals: {
      anonymous: null,
      'organization token': secrets[0] ?? null,
      'personal token': String(generatePersonalToken?.secret),
      owner: session,
    },
    organization: 'acme',
    repositories,
    ids: [...new Set(JSON.stringify(organization).match(/[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}/g))],
  }
}
