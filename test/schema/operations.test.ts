import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, type DocumentNode, Kind, type OperationDefinitionNode, parse, print, validate } from 'graphql'
// Not of the package's main file.
import { getVariableValues } from 'graphql/execution/values.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { adminPassword, type Postern, startPostern } from '../harness/postern.ts'
import { tell } from '../webhook/arrange.ts'

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'))
const directory = 'schema/operations'

interface Example {
  readonly file: string
  readonly source: string
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  /** Of `NAME.variables.json`, where there is one. */
  readonly variables: Record<string, unknown> | undefined
}

const files = readdirSync(directory).sort()
const examples = files.filter((file) => file.endsWith('.graphql')).map(readExample)

function readExample(file: string): Example {
  const source = readFileSync(join(directory, file), 'utf8')
  const document = parse(source)
  const [operation] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${file} does not begin with an operation.`)
  const variablesFile = file.replace('.graphql', '.variables.json')
  const variables = files.includes(variablesFile)
    ? JSON.parse(readFileSync(join(directory, variablesFile), 'utf8'))
    : undefined
  return { file, source, document, operation, variables }
}

const rootFieldsOf = ({ operation }: Example) =>
  operation.selectionSet.selections.map((selection) =>
    selection.kind === Kind.FIELD ? `${operation.operation}.${selection.name.value}` : '',
  )

describe('the example operations', () => {
  it('show every root field of the schema', () => {
    const ofSchema = [
      ...Object.keys(schema.getQueryType()?.getFields() ?? {}).map((name) => `query.${name}`),
      ...Object.keys(schema.getMutationType()?.getFields() ?? {}).map((name) => `mutation.${name}`),
    ]
    expect([...new Set(examples.flatMap(rootFieldsOf))].sort()).toEqual(ofSchema.sort())
  })

  it.each(examples)(
    '$file is valid, named after its file, and says what it does',
    ({ file, source, document, operation }) => {
      expect(validate(schema, document)).toEqual([])
      const name = file
        .replace(/^\d+-|\.graphql$/g, '')
        .replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase())
      expect({ definitions: document.definitions.length, name: operation.name?.value }).toEqual({
        definitions: 1,
        name,
      })
      expect(source).toMatch(/^# [A-Z].*(\n# .*)*\.\n(query|mutation) /)
    },
  )

  it.each(examples.filter(({ variables }) => variables))('$file has variables that fit', ({ operation, variables }) => {
    const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {})
    expect(errors).toBeUndefined()
    const declared = operation.variableDefinitions?.map(({ variable }) => variable.name.value) ?? []
    expect(declared).toEqual(expect.arrayContaining(Object.keys(variables ?? {})))
  })

  it('have no variables without an operation', () => {
    const rest = files.filter((file) => !file.endsWith('.graphql'))
    const expected = examples
      .filter(({ variables }) => variables)
      .map(({ file }) => file.replace('.graphql', '.variables.json'))
    expect(rest).toEqual(expected)
  })
})

describe.each(['as they come', 'compiled'])('run one after the other, as somebody does who tries them, %s', (way) => {
  let postern: Postern
  let client: Client
  const newPassword = 'a password of my own'
  let tokenId = ''
  let organizationId = ''
  let groupId = ''
  let provider: OpenidProvider
  let signInToken = ''
  let callbackUrl = ''
  let webhookId = ''
  let deliveryId = ''
  let inviteIds: Record<string, string> = {}

  beforeAll(async () => {
    provider = await startOpenidProvider()
    provider.people.set('grace', { preferred_username: 'grace' })
    postern = await startPostern()
    client = postern.client()
    // The server compiles an operation that it has seen before, whoever sent it.
    if (way === 'compiled')
      // Ada is to be signed up later.
      for (const example of examples)
        if (example.operation.name?.value !== 'SignUp') await client.send(requestFor(example))
  })
  afterAll(async () => {
    await postern.stop()
    await provider.stop()
  })

  // What a person fills in: ids and passwords, and what an example has no variables for.
  const filledIn: Record<string, () => object> = {
    SignIn: () => ({ input: { username: 'admin', password: adminPassword } }),
    AccessToken: () => ({ id: tokenId }),
    UpdateToken: () => ({ id: tokenId, input: { label: 'ci of the API', pullLimit: 100 } }),
    DeactivateToken: () => ({ id: tokenId }),
    ActivateToken: () => ({ id: tokenId }),
    DeleteToken: () => ({ id: tokenId }),
    RotateToken: () => ({ id: tokenId, input: { graceSeconds: 3600 } }),
    ExplainAccess: () => ({ token: tokenId, repository: 'acme/api', permissions: ['IMAGE_PULL', 'IMAGE_DELETE'] }),
    UpdateOrganization: () => ({ organization: 'acme', input: { displayName: 'Acme Corporation' } }),
    ChangeOrganizationPlan: () => ({ organization: 'acme', plan: 'BUSINESS' }),
    DeleteRepository: () => ({ name: 'acme/api' }),
    SignUp: () => ({ input: { username: 'ada', email: 'ada@example.com', password: 'the password of ada' } }),
    ChangePassword: () => ({ input: { currentPassword: adminPassword, newPassword } }),
    User: () => ({ username: 'ada' }),
    Node: () => ({ id: organizationId }),
    AddGroupMember: () => ({ group: groupId, username: 'admin' }),
    SetGroupRepositoryAccess: () => ({ group: groupId, repository: 'acme/api', access: 'WRITE' }),
    UpdateGroup: () => ({ id: groupId, input: { name: 'api-developers' } }),
    RemoveGroupMember: () => ({ group: groupId, username: 'admin' }),
    DeleteGroup: () => ({ id: groupId }),
    SignInDevice: () => ({ input: { username: 'admin', password: newPassword, deviceName: 'desktop' } }),
    ConfigureSso: () => ({ organization: 'acme', input: provider.client }),
    CompleteSsoSignIn: () => ({ input: { signInToken, callbackUrl } }),
    // Nobody listens there.
    CreateWebhook: () => ({ input: { organization: 'acme', url: 'http://127.0.0.1:9/', events: ['TOKEN_EXPIRED'] } }),
    UpdateWebhook: () => ({ id: webhookId, input: { events: ['TOKEN_EXPIRED', 'TOKEN_EXPIRING'] } }),
    RotateWebhookSecret: () => ({ id: webhookId }),
    ReplayWebhookDelivery: () => ({ id: deliveryId }),
    DeleteWebhook: () => ({ id: webhookId }),
    CancelInvite: () => ({ id: inviteIds['grace@example.com'] }),
    AcceptInvite: () => ({ id: inviteIds.ada }),
  }

  // What comes of it, where more is to be seen than that it is there.
  const outcomes: Record<string, unknown> = {
    Viewer: { viewer: { user: { username: 'admin' }, organization: null, accessToken: null } },
    CreateOrganization: { createOrganization: { organization: { name: 'acme', plan: 'TEAM' } } },
    CreateRepository: { createRepository: { repository: { name: 'acme/api', visibility: 'PRIVATE' } } },
    GenerateOrganizationToken: { generateOrganizationToken: { secret: expect.stringMatching(/^pstn_oat_/) } },
    AccessTokens: { organization: { accessTokens: { totalCount: 1, nodes: [{ label: 'ci', status: 'ACTIVE' }] } } },
    UpdateToken: { updateToken: { accessToken: { label: 'ci of the API', usageLimit: { limit: 100 } } } },
    DeactivateToken: { deactivateToken: { accessToken: { status: 'INACTIVE' } } },
    // As its comment says.
    ActivateToken: { activateToken: { accessToken: null, userErrors: [{ code: 'TOKEN_INACTIVE' }] } },
    UpdateOrganization: { updateOrganization: { organization: { displayName: 'Acme Corporation' } } },
    ChangeOrganizationPlan: { changeOrganizationPlan: { organization: { plan: 'BUSINESS' } } },
    Repositories: { organization: { repositories: { totalCount: 1, nodes: [{ name: 'acme/api' }] } } },
    UpdateRepository: { updateRepository: { repository: { visibility: 'PUBLIC' } } },
    User: { user: { username: 'ada', email: null } },
    Node: { node: { __typename: 'Organization', name: 'acme' } },
    RotateToken: { rotateToken: { secret: expect.stringMatching(/^pstn_oat_/), accessToken: { secrets: [{}, {}] } } },
    ExplainAccess: {
      explainAccess: {
        permissions: [
          { permission: 'IMAGE_PULL', granted: false, reason: 'REPOSITORY_MISSING' },
          { permission: 'IMAGE_DELETE', granted: false, reason: 'REPOSITORY_MISSING' },
        ],
      },
    },
    CreateCompany: { createCompany: { company: { name: 'holding', owners: [{ username: 'ada' }] } } },
    AddOrganizationToCompany: {
      addOrganizationToCompany: { company: { organizations: { nodes: [{ name: 'acme' }] } } },
    },
    AddCompanyOwner: { addCompanyOwner: { company: { owners: [{ username: 'ada' }, { username: 'admin' }] } } },
    Company: { company: { organizations: { totalCount: 1, nodes: [{ name: 'acme', viewerRole: 'OWNER' }] } } },
    Companies: { viewer: { companies: [{ name: 'holding' }] } },
    RemoveCompanyOwner: { removeCompanyOwner: { company: { owners: [{ username: 'admin' }] } } },
    UpdateOrganizationPolicy: {
      updateOrganizationPolicy: { organization: { policy: { maxTokenLifetimeDays: 90, ssoEnforced: false } } },
    },
    OrganizationPolicy: { organization: { policy: { maxTokenLifetimeDays: 90 }, company: null } },
    AddGroupMember: { addGroupMember: { group: { members: { nodes: [{ user: { username: 'admin' } }] } } } },
    Groups: {
      organization: {
        groups: {
          totalCount: 1,
          nodes: [
            {
              name: 'developers',
              members: { totalCount: 1, nodes: [{ user: { username: 'admin' }, role: 'OWNER' }] },
              repositories: [{ access: 'WRITE', repository: { name: 'acme/api' } }],
            },
          ],
        },
      },
    },
    UpdateGroup: { updateGroup: { group: { name: 'api-developers' } } },
    RemoveGroupMember: { removeGroupMember: { group: { members: { totalCount: 0 } } } },
    GeneratePersonalToken: { generatePersonalToken: { secret: expect.stringMatching(/^pstn_pat_/) } },
    SignInDevice: { signInDevice: { accessToken: { label: 'desktop', origin: 'AUTO_GENERATED' } } },
    PersonalTokens: {
      viewer: { user: { accessTokens: { totalCount: 2, nodes: [{ label: 'desktop' }, { label: 'laptop' }] } } },
    },
    CreateWebhook: { createWebhook: { secret: expect.stringMatching(/^whsec_/), webhook: { isActive: true } } },
    Webhooks: { organization: { emailNotices: true, webhooks: { nodes: [{ deliveries: { totalCount: 1 } }] } } },
    UpdateWebhook: { updateWebhook: { webhook: { events: ['TOKEN_EXPIRING', 'TOKEN_EXPIRED'] } } },
    RotateWebhookSecret: { rotateWebhookSecret: { secret: expect.stringMatching(/^whsec_/) } },
    ReplayWebhookDelivery: { replayWebhookDelivery: { delivery: { status: 'PENDING', kind: 'TOKEN_EXPIRED' } } },
    SsoProvider: { organization: { ssoProvider: { clientId: 'postern' } } },
    CompleteSsoSignIn: { completeSsoSignIn: { viewer: { user: { username: 'grace' } } } },
    RemoveSso: { removeSso: { organization: { ssoProvider: null } } },
    InviteMembers: { inviteMembers: { results: [{ invitee: 'ada', userErrors: [] }, { userErrors: [] }] } },
    Invites: { organization: { invites: { totalCount: 2 } } },
    ViewerInvites: { viewer: { invites: [{ organizationName: 'acme', invitedBy: { username: 'admin' } }] } },
    AcceptInvite: { acceptInvite: { membership: { role: 'EDITOR' }, organization: { viewerRole: 'EDITOR' } } },
    Members: { organization: { members: { nodes: [{ user: { username: 'ada' } }, { role: 'OWNER' }] } } },
    ChangeMemberRole: { changeMemberRole: { membership: { role: 'MEMBER' } } },
    RemoveMember: { removeMember: { user: { username: 'ada' } } },
    Activity: {
      organization: {
        activity: {
          nodes: expect.arrayContaining([
            expect.objectContaining({ action: 'organization.sso_remove', target: 'acme' }),
            expect.objectContaining({ action: 'organization.create', target: 'acme' }),
          ]),
        },
      },
    },
  }

  const requestFor = ({ document, operation, variables }: Pick<Example, 'document' | 'operation' | 'variables'>) => {
    const name = operation.name?.value ?? ''
    return { query: print(document), operationName: name, variables: { ...variables, ...filledIn[name]?.() } }
  }

  it.each(examples)('$file works', async ({ document, operation, variables }) => {
    const name = operation.name?.value ?? ''
    const required = operation.variableDefinitions?.some(({ type }) => type.kind === Kind.NON_NULL_TYPE)
    if (required && !variables && !filledIn[name]) throw new Error(`Say here what a person fills into ${name}.`)
    const { status, body } = await client.send(requestFor({ document, operation, variables }))
    expect({ status, errors: body.errors }).toEqual({ status: 200, errors: undefined })
    const [answer] = Object.values(body.data ?? {})
    expect(answer).toEqual(expect.anything())
    expect(body.data).toMatchObject(outcomes[name] ?? {})
    if (name !== 'ActivateToken' && operation.operation === 'mutation') expect(answer).toMatchObject({ userErrors: [] })
    await goOn(name, body.data)
  })

  async function generateAgain(): Promise<string> {
    const generate = examples.find(({ operation }) => operation.name?.value === 'GenerateOrganizationToken')
    const { body } = await client.send({ query: generate?.source, variables: generate?.variables })
    return /"id":"(tok_\w+)"/.exec(JSON.stringify(body))?.[1] ?? ''
  }

  /** What the next examples need of this one's answer. */
  async function goOn(name: string, data: unknown): Promise<void> {
    const found = (pattern: RegExp) => pattern.exec(JSON.stringify(data))?.[1] ?? ''
    if (name === 'SignIn') client = postern.client(found(/"sessionToken":"([^"]+)"/))
    if (name === 'CreateOrganization') organizationId = found(/"id":"(org_\w+)"/)
    if (name === 'GenerateOrganizationToken') tokenId = found(/"id":"(tok_\w+)"/)
    // The token of before has been deleted by now.
    if (name === 'Node') tokenId = await generateAgain()
    if (name === 'CreateGroup') {
      groupId = found(/"id":"(grp_\w+)"/)
      // The one there was has been deleted before.
      const create = examples.find(({ operation }) => operation.name?.value === 'CreateRepository')
      if (create) await client.send(requestFor(create))
    }
    if (name === 'CreateWebhook') {
      webhookId = found(/"id":"(whk_\w+)"/)
      await tell(postern, organizationId, { kind: 'TOKEN_EXPIRED' })
    }
    if (name === 'Webhooks') deliveryId = found(/"id":"(whd_\w+)"/)
    if (name === 'StartSsoSignIn') {
      signInToken = found(/"signInToken":"([^"]+)"/)
      callbackUrl = await provider.signIn(found(/"authorizationUrl":"([^"]+)"/), 'grace')
    }
    if (name === 'InviteMembers')
      for (const invitee of ['ada', 'grace@example.com'])
        inviteIds = { ...inviteIds, [invitee]: found(new RegExp(`"${invitee}","invite":{"id":"(inv_\\w+)"`)) }
    // Ada sees what is for her, and accepts it.
    if (name === 'CancelInvite') client = await signInAs('ada', 'the password of ada')
    if (name === 'AcceptInvite') client = await signInAs('admin', newPassword)
    if (name !== 'SignOut') return
    const refused = await client.send({ query: '{ viewer { user { id } } }' })
    expect(refused.status).toBe(401)
    client = await signInAs('admin', newPassword)
  }

  async function signInAs(username: string, password: string): Promise<Client> {
    const signIn = examples.find(({ operation }) => operation.name?.value === 'SignIn')
    const { body } = await postern
      .client()
      .send({ query: signIn?.source, variables: { input: { username, password } } })
    return postern.client(/"sessionToken":"([^"]+)"/.exec(JSON.stringify(body))?.[1])
  }
})
