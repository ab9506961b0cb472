import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import {
  ChangeOrganizationPlanDocument,
  ChangePasswordDocument,
  CreateOrganizationDocument,
  CreateRepositoryDocument,
  DeactivateTokenDocument,
  DeleteRepositoryDocument,
  DeleteTokenDocument,
  GenerateOrganizationTokenDocument,
  type ScopeInput,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
  UpdateOrganizationDocument,
  UpdateRepositoryDocument,
  UpdateTokenDocument,
} from '../../schema/typed-documents.ts'
import type { Client } from '../harness/client.ts'
import type { OpenidProvider } from '../harness/openid-provider.ts'
import { createRepository, generateToken, type Person, type Postern } from '../harness/postern.ts'
import { everyRepository, userIdOf } from '../token/arrange.ts'
import { rotationActs } from './rotation-acts.ts'

/** A Postern with the organization `acme` and its owner, who administers the installation. */
export interface World {
  readonly postern: Postern
  readonly owner: Client
  readonly acme: string
  /** A provider that organizations can use for single sign-on. */
  readonly provider: OpenidProvider
}

/** The response, from the API or the token endpoint. */
export interface Result {
  readonly requestId: string | null
  /** Only server errors matter: an error of the caller is an expected outcome. */
  readonly failed: boolean
  readonly body: unknown
}

export interface PreparedAct {
  readonly send: (headers: Record<string, string>) => Promise<Result>
  /** The event that it records, without the fields that all events have in common. */
  readonly event: (result: Result) => object | Promise<object>
}

export interface Act {
  readonly action: string
  readonly how?: string
  readonly prepare: (world: World) => Promise<PreparedAct>
}

/** Sends an operation with additional headers. */
export function sending<Data, Variables>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) {
  return async (headers: Record<string, string>): Promise<Result> => {
    const { body, headers: received } = await client.send({ query: print(document), variables }, headers)
    const failed = body.errors?.some(({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR') ?? false
    return { requestId: received.get('x-request-id'), failed, body }
  }
}

const everyoneElses: ScopeInput = { resource: 'REPOSITORY', path: '*/*/public', permissions: ['IMAGE_PULL'] }

let created = 0
/** A name that nothing has yet. */
export const fresh = (prefix: string) => `${prefix}${++created}`

/** The first id of that kind in a response. */
export function idIn(result: Result, prefix: string): string {
  return new RegExp(`"(${prefix}_[0-9A-Z]{26})"`).exec(JSON.stringify(result.body))?.[1] ?? 'none'
}

async function adminOf({ postern }: World) {
  return { actorKind: 'USER', actorId: await userIdOf(postern.em(), 'admin'), actorName: 'admin' }
}

/** The event of a person's action on their own account. */
export async function ownAccount({ postern }: World, username: string) {
  const id = await userIdOf(postern.em(), username)
  return { namespace: id, actorKind: 'USER', actorId: id, actorName: username, target: username, data: {} }
}

/** An action of the owner of `acme` on something in it. */
export async function ofOwner<Data, Variables>(
  world: World,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  event: object | ((result: Result) => object),
): Promise<PreparedAct> {
  const actor = await adminOf(world)
  return {
    send: sending(world.owner, document, variables),
    event: (result) => ({
      namespace: world.acme,
      data: {},
      ...actor,
      ...(typeof event === 'function' ? event(result) : event),
    }),
  }
}

function ofPerson<Data, Variables>(
  world: World,
  username: string,
  send: PreparedAct['send'] | [Client, TypedDocumentNode<Data, Variables>, Variables],
): PreparedAct {
  return { send: Array.isArray(send) ? sending(...send) : send, event: () => ownAccount(world, username) }
}

const credentialsOf = ({ username, password }: Person) => ({ username, password })

/** Every action that records an event. */
export const acts: readonly Act[] = [
  {
    action: 'user.sign_up',
    async prepare(world) {
      const username = fresh('new')
      const input = { username, email: `${username}@example.com`, password: 'a long password' }
      return ofPerson(world, username, [world.postern.client(), SignUpDocument, { input }])
    },
  },
  {
    action: 'user.sign_in',
    async prepare(world) {
      const person = await world.postern.signUp(fresh('in'))
      return ofPerson(world, person.username, [
        world.postern.client(),
        SignInDocument,
        { input: credentialsOf(person) },
      ])
    },
  },
  {
    action: 'user.sign_out',
    async prepare(world) {
      const { client, username } = await world.postern.signUp(fresh('out'))
      return ofPerson(world, username, [client, SignOutDocument, {}])
    },
  },
  {
    action: 'user.password_change',
    async prepare(world) {
      const { client, username, password } = await world.postern.signUp(fresh('pass'))
      const input = { currentPassword: password, newPassword: 'another long password' }
      return ofPerson(world, username, [client, ChangePasswordDocument, { input }])
    },
  },
  {
    action: 'organization.create',
    prepare(world) {
      const name = fresh('org')
      return ofOwner(world, CreateOrganizationDocument, { input: { name, plan: 'TEAM' } }, (result) => ({
        namespace: idIn(result, 'org'),
        target: name,
        data: { plan: 'TEAM' },
      }))
    },
  },
  {
    action: 'organization.update',
    prepare(world) {
      const displayName = fresh('Acme ')
      const event = { target: 'acme', data: { displayName } }
      return ofOwner(world, UpdateOrganizationDocument, { organization: 'acme', input: { displayName } }, event)
    },
  },
  {
    action: 'organization.plan_change',
    async prepare(world) {
      const name = fresh('plan')
      await world.owner.execute(CreateOrganizationDocument, { input: { name, plan: 'TEAM' } })
      return ofOwner(world, ChangeOrganizationPlanDocument, { organization: name, plan: 'BUSINESS' }, (result) => ({
        namespace: idIn(result, 'org'),
        target: name,
        data: { from: 'TEAM', to: 'BUSINESS' },
      }))
    },
  },
  {
    action: 'repository.create',
    prepare(world) {
      const name = `acme/${fresh('created')}`
      const event = { target: name, data: { visibility: 'PUBLIC' } }
      return ofOwner(world, CreateRepositoryDocument, { input: { name, visibility: 'PUBLIC' } }, event)
    },
  },
  {
    action: 'repository.update',
    async prepare(world) {
      const name = `acme/${fresh('updated')}`
      await createRepository(world.owner, name)
      const input = { description: 'what it holds', visibility: 'PUBLIC' } as const
      return ofOwner(world, UpdateRepositoryDocument, { name, input }, { target: name, data: input })
    },
  },
  {
    action: 'repository.delete',
    async prepare(world) {
      const name = `acme/${fresh('deleted')}`
      await createRepository(world.owner, name)
      return ofOwner(world, DeleteRepositoryDocument, { name }, { target: name })
    },
  },
  {
    action: 'access_token.create',
    prepare(world) {
      const label = fresh('token ')
      const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
      const scopes = [everyRepository()]
      const input = { organization: 'acme', label, expiresAt, scopes, idempotencyKey: label }
      return ofOwner(world, GenerateOrganizationTokenDocument, { input }, (result) => ({
        tokenId: idIn(result, 'tok'),
        tokenLabel: label,
        target: label,
        data: { expiresAt, scopes: 'acme/*' },
      }))
    },
  },
  {
    action: 'access_token.update',
    async prepare(world) {
      const { id } = await generateToken(world.owner, { label: 'before' })
      // A value that is the same as before is not a change.
      const input = { label: 'after', description: null, pullLimit: 5, scopes: [everyRepository(), everyoneElses] }
      const data = { label: 'after', pullLimit: '5', scopes: 'acme/* */*/public' }
      const event = { tokenId: id, tokenLabel: 'after', target: 'after', data }
      return ofOwner(world, UpdateTokenDocument, { id, input }, event)
    },
  },
  {
    action: 'access_token.deactivate',
    async prepare(world) {
      const { id } = await generateToken(world.owner, { label: 'leaked' })
      return ofOwner(world, DeactivateTokenDocument, { id }, { tokenId: id, tokenLabel: 'leaked', target: 'leaked' })
    },
  },
  {
    action: 'access_token.delete',
    async prepare(world) {
      const { id } = await generateToken(world.owner, { label: 'done with' })
      const event = { tokenId: id, tokenLabel: 'done with', target: 'done with' }
      return ofOwner(world, DeleteTokenDocument, { id }, event)
    },
  },
  ...rotationActs,
]
