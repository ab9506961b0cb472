import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DocumentNode, Kind, type OperationDefinitionNode, parse, print } from 'graphql'
import { expect } from 'vitest'
import type { Client, WireResponse } from '../harness/client.ts'
import { startDevice } from '../harness/device.ts'
import type { OpenidProvider } from '../harness/openid-provider.ts'
import { adminPassword, type Postern } from '../harness/postern.ts'
import { createNotice } from '../webhook/arrange.ts'

/** An example operation of `schema/operations`. */
export interface Example {
  readonly file: string
  readonly source: string
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly name: string
  /** The contents of `NAME.variables.json`, if it exists. */
  readonly variables: Record<string, unknown> | undefined
}

const directory = 'schema/operations'
export const exampleFiles = readdirSync(directory).sort()

/** All examples, in the order of their numbers, in which they can be run. */
export const examples = exampleFiles.filter((file) => file.endsWith('.graphql')).map(readExample)

function readExample(file: string): Example {
  const source = readFileSync(join(directory, file), 'utf8')
  const document = parse(source)
  const [operation] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`${file} does not begin with an operation.`)
  const variablesFile = file.replace('.graphql', '.variables.json')
  const variables = exampleFiles.includes(variablesFile)
    ? JSON.parse(readFileSync(join(directory, variablesFile), 'utf8'))
    : undefined
  return { file, source, document, operation, name: operation.name?.value ?? '', variables }
}

function exampleNamed(name: string): Example {
  const example = examples.find((each) => each.name === name)
  if (example === undefined) throw new Error(`There is no example ${name}.`)
  return example
}

// The administrator's password after its change.
const changedPassword = 'a password of my own'

/** Runs the examples one after the other, like a person who tries them: each uses results of earlier ones. */
export class ExampleRun {
  readonly #postern: Postern
  readonly #provider: OpenidProvider
  #client: Client
  #tokenId = ''
  #organizationId = ''
  #groupId = ''
  #signInToken = ''
  #callbackUrl = ''
  #webhookId = ''
  #deliveryId = ''
  #userCode = ''
  #inviteIds: Record<string, string> = {}

  /** The provider knows a person `grace`. */
  constructor(postern: Postern, provider: OpenidProvider) {
    this.#postern = postern
    this.#provider = provider
    this.#client = postern.client()
    provider.people.set('grace', { preferred_username: 'grace' })
  }

  // What a person fills in: ids, passwords, and values that examples have no variables for.
  readonly #filledIn: Record<string, () => object> = {
    SignIn: () => ({ input: { username: 'admin', password: adminPassword } }),
    AccessToken: () => ({ id: this.#tokenId }),
    UpdateToken: () => ({ id: this.#tokenId, input: { label: 'ci of the API', pullLimit: 100 } }),
    DeactivateToken: () => ({ id: this.#tokenId }),
    ActivateToken: () => ({ id: this.#tokenId }),
    DeleteToken: () => ({ id: this.#tokenId }),
    RotateToken: () => ({ id: this.#tokenId, input: { graceSeconds: 3600 } }),
    ExplainAccess: () => ({
      token: this.#tokenId,
      repository: 'acme/api',
      permissions: ['IMAGE_PULL', 'IMAGE_DELETE'],
    }),
    UpdateOrganization: () => ({ organization: 'acme', input: { displayName: 'Acme Corporation' } }),
    ChangeOrganizationPlan: () => ({ organization: 'acme', plan: 'BUSINESS' }),
    DeleteRepository: () => ({ name: 'acme/api' }),
    SignUp: () => ({ input: { username: 'ada', email: 'ada@example.com', password: 'the password of ada' } }),
    ChangePassword: () => ({ input: { currentPassword: adminPassword, newPassword: changedPassword } }),
    User: () => ({ username: 'ada' }),
    Node: () => ({ id: this.#organizationId }),
    Nodes: () => ({ ids: [this.#organizationId, this.#tokenId] }),
    AddGroupMember: () => ({ group: this.#groupId, username: 'admin' }),
    SetGroupRepositoryAccess: () => ({ group: this.#groupId, repository: 'acme/api', access: 'WRITE' }),
    UpdateGroup: () => ({ id: this.#groupId, input: { name: 'api-developers' } }),
    RemoveGroupMember: () => ({ group: this.#groupId, username: 'admin' }),
    DeleteGroup: () => ({ id: this.#groupId }),
    DeviceRequest: () => ({ userCode: this.#userCode }),
    ApproveDevice: () => ({ userCode: this.#userCode }),
    DenyDevice: () => ({ userCode: this.#userCode }),
    SignInDevice: () => ({ input: { username: 'admin', password: changedPassword, deviceName: 'desktop' } }),
    ConfigureSso: () => ({ organization: 'acme', input: this.#provider.client }),
    CompleteSsoSignIn: () => ({ input: { signInToken: this.#signInToken, callbackUrl: this.#callbackUrl } }),
    // Nobody listens there.
    CreateWebhook: () => ({ input: { organization: 'acme', url: 'http://127.0.0.1:9/', events: ['TOKEN_EXPIRED'] } }),
    UpdateWebhook: () => ({ id: this.#webhookId, input: { events: ['TOKEN_EXPIRED', 'TOKEN_EXPIRING'] } }),
    RotateWebhookSecret: () => ({ id: this.#webhookId }),
    ReplayWebhookDelivery: () => ({ id: this.#deliveryId }),
    DeleteWebhook: () => ({ id: this.#webhookId }),
    CancelInvite: () => ({ id: this.#inviteIds['grace@example.com'] }),
    AcceptInvite: () => ({ id: this.#inviteIds.ada }),
  }

  /** Sends an example. Throws for one that this file has no variables for. */
  async send({ name, document, operation, variables }: Example): Promise<WireResponse> {
    const required = operation.variableDefinitions?.some(({ type }) => type.kind === Kind.NON_NULL_TYPE)
    if (required && !variables && !this.#filledIn[name]) throw new Error(`Add the variables of ${name} to this file.`)
    return this.#client.send({
      query: print(document),
      operationName: name,
      variables: { ...variables, ...this.#filledIn[name]?.() },
    })
  }

  /** Whether the caller is signed in. */
  async isSignedIn(): Promise<boolean> {
    const { body } = await this.#client.send({ query: '{ viewer { user { id } } }' })
    return body.data?.viewer !== null
  }

  /** Prepares what the next examples need, from the response to this one. */
  async goOn({ name }: Example, data: unknown): Promise<void> {
    const found = (pattern: RegExp) => pattern.exec(JSON.stringify(data))?.[1] ?? ''
    if (name === 'SignIn') this.#client = this.#postern.client(found(/"sessionToken":"([^"]+)"/))
    if (name === 'CreateOrganization') this.#organizationId = found(/"id":"(org_\w+)"/)
    if (name === 'GenerateOrganizationToken') this.#tokenId = found(/"id":"(tok_\w+)"/)
    // The first token has been deleted.
    if (name === 'Node') this.#tokenId = await this.#generateAgain()
    if (name === 'CreateGroup') {
      this.#groupId = found(/"id":"(grp_\w+)"/)
      // The first repository has been deleted.
      await this.send(exampleNamed('CreateRepository'))
    }
    // Each code counts once.
    if (name === 'RotateToken' || name === 'ApproveDevice') this.#userCode = (await startDevice(this.#postern)).userCode
    if (name === 'CreateWebhook') {
      this.#webhookId = found(/"id":"(whk_\w+)"/)
      await createNotice(this.#postern, this.#organizationId, { kind: 'TOKEN_EXPIRED' })
      await this.#waitForAttempt()
    }
    if (name === 'Webhooks') this.#deliveryId = found(/"id":"(whd_\w+)"/)
    if (name === 'StartSsoSignIn') {
      this.#signInToken = found(/"signInToken":"([^"]+)"/)
      this.#callbackUrl = await this.#provider.signIn(found(/"authorizationUrl":"([^"]+)"/), 'grace')
    }
    if (name === 'InviteMembers')
      for (const invitee of ['ada', 'grace@example.com'])
        this.#inviteIds[invitee] = found(new RegExp(`"${invitee}","invite":{"id":"(inv_\\w+)"`))
    // Ada sees and accepts her invite.
    if (name === 'CancelInvite') this.#client = await this.#signInAs('ada', 'the password of ada')
    if (name === 'AcceptInvite' || name === 'SignOut') this.#client = await this.#signInAs('admin', changedPassword)
  }

  /** Waits until the delivery has failed once, so that what replays it always changes the same columns. */
  async #waitForAttempt(): Promise<void> {
    await expect
      .poll(() => this.#postern.em().execute('select from delivery where attempts > 0 and error is not null'))
      .toHaveLength(1)
  }

  async #generateAgain(): Promise<string> {
    const { source, variables } = exampleNamed('GenerateOrganizationToken')
    const { body } = await this.#client.send({ query: source, variables })
    return /"id":"(tok_\w+)"/.exec(JSON.stringify(body))?.[1] ?? ''
  }

  async #signInAs(username: string, password: string): Promise<Client> {
    const { source } = exampleNamed('SignIn')
    const { body } = await this.#postern.client().send({ query: source, variables: { input: { username, password } } })
    return this.#postern.client(/"sessionToken":"([^"]+)"/.exec(JSON.stringify(body))?.[1])
  }
}
