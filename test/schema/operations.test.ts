import { readFileSync } from 'node:fs'
import { buildSchema, Kind, validate } from 'graphql'
// Imported from the package's own file, because its main file does not export it.
import { getVariableValues } from 'graphql/execution/values.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { type Postern, startPostern } from '../harness/postern.ts'
import { type Example, ExampleRun, exampleFiles, examples } from './example-operations.ts'

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'))
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

  it.each(examples.filter(({ variables }) => variables))(
    '$file has variables of the right types',
    ({ operation, variables }) => {
      const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {})
      expect(errors).toBeUndefined()
      const declared = operation.variableDefinitions?.map(({ variable }) => variable.name.value) ?? []
      expect(declared).toEqual(expect.arrayContaining(Object.keys(variables ?? {})))
    },
  )

  it('the example operations have no variables without an operation', () => {
    const rest = exampleFiles.filter((file) => !file.endsWith('.graphql'))
    const expected = examples
      .filter(({ variables }) => variables)
      .map(({ file }) => file.replace('.graphql', '.variables.json'))
    expect(rest).toEqual(expected)
  })
})

describe.each(['uncompiled', 'compiled'])('the %s example operations, in order', (way) => {
  let postern: Postern
  let run: ExampleRun
  let provider: OpenidProvider

  beforeAll(async () => {
    provider = await startOpenidProvider()
    postern = await startPostern()
    run = new ExampleRun(postern, provider)
    // The server compiles an operation that it has received before, from whatever client.
    if (way === 'compiled')
      // Ada signs up later.
      for (const example of examples) if (example.name !== 'SignUp') await run.send(example)
  })
  afterAll(async () => {
    await postern.stop()
    await provider.stop()
  })

  // Results of examples that return more than an object.
  const outcomes: Record<string, unknown> = {
    Viewer: { viewer: { user: { username: 'admin' }, organization: null, accessToken: null } },
    CreateOrganization: { createOrganization: { organization: { name: 'acme', plan: 'TEAM' } } },
    CreateRepository: { createRepository: { repository: { name: 'acme/api', visibility: 'PRIVATE' } } },
    GenerateOrganizationToken: { generateOrganizationToken: { secret: expect.stringMatching(/^pstn_oat_/) } },
    AccessTokens: { organization: { accessTokens: { totalCount: 1, nodes: [{ label: 'ci', status: 'ACTIVE' }] } } },
    UpdateToken: { updateToken: { accessToken: { label: 'ci of the API', usageLimit: { limit: 100 } } } },
    DeactivateToken: { deactivateToken: { accessToken: { status: 'INACTIVE' } } },
    // The comment of the example says so.
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
          { permission: 'IMAGE_PULL', granted: true, reason: null },
          { permission: 'IMAGE_DELETE', granted: false, reason: 'PERMISSION_NOT_IN_SCOPE' },
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

  it.each(examples)('$file works', async (example) => {
    const { name, operation } = example
    const { status, body } = await run.send(example)
    expect({ status, errors: body.errors }).toEqual({ status: 200, errors: undefined })
    const [response] = Object.values(body.data ?? {})
    expect(response).toEqual(expect.anything())
    expect(body.data).toMatchObject(outcomes[name] ?? {})
    if (name !== 'ActivateToken' && operation.operation === 'mutation')
      expect(response).toMatchObject({ userErrors: [] })
    if (name === 'SignOut') expect(await run.isSignedIn()).toBe(false)
    await run.goOn(example, body.data)
  })
})
