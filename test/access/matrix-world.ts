import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { RepositoryDocument, type RepositoryVisibility } from '../../schema/typed-documents.ts'
import { startApp } from '../../src/app.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import { mayManageTokens, maySeeOrganization } from '../../src/domain/policy/policy.ts'
import { type Principal, personBehind } from '../../src/domain/policy/principal.ts'
import { maySeeRepository, type RepositoryFacts } from '../../src/domain/policy/repository-policy.ts'
import { type Caller, createOwnedOrganization, principalOf, userIdOf } from '../harness/callers.ts'
import { Client, type WireResponse } from '../harness/client.ts'
import { type OpenidProvider, startOpenidProvider } from '../harness/openid-provider.ts'
import { createRepository, generateToken, type Postern, startPostern } from '../harness/postern.ts'
import {
  arrangeMatrixCallers,
  type MatrixCallerKind,
  type MatrixCallers,
  unusableTokens,
  type Writers,
} from './matrix-callers.ts'
import { type Outcome, outcomeOf, type Reading } from './outcome.ts'

/** An organization, an owner who arranges its contents, and a name of the same length that nobody has. */
export interface Place {
  readonly name: string
  readonly missing: string
  readonly id: string
  readonly owner: Client
  /** A group that may push to the repositories of the rows. */
  readonly writers?: Writers
}

/** Everything that the permission matrix is tried on. */
export interface World {
  readonly postern: Postern
  /** A client of an instance on the same database with sign-up closed. */
  readonly closedClient: (token?: string) => Client
  readonly callers: MatrixCallers
  /** The organization that most callers are related to. */
  readonly acme: Place
  /** An organization that no caller is related to. Its owner is the person `founder`. */
  readonly initech: Place
  /** A provider that every organization can use for single sign-on. */
  readonly provider: OpenidProvider
  readonly stop: () => Promise<void>
}

export async function arrangeWorld(): Promise<World> {
  // Each attempt on a token takes a new one.
  const plans = { ...defaultPlanTable, BUSINESS: { ...defaultPlanTable.BUSINESS, tokens: 1_000 } }
  const postern = await startPostern({ plans, trustProxy: ['127.0.0.1'] })
  const callers = await arrangeMatrixCallers(postern)
  const founder = (await postern.signUp('founder')).client
  const initechId = await createOwnedOrganization(postern, founder, 'initech', 'BUSINESS')
  const closed = await startApp({ ...postern.config, allowSignUp: false })
  const provider = await startOpenidProvider()
  return {
    postern,
    provider,
    closedClient: (token) => new Client(closed.url, token),
    callers,
    acme: {
      name: 'acme',
      missing: 'nope',
      id: callers.acmeId,
      owner: callers.all.owner.client,
      writers: callers.writers,
    },
    initech: { name: 'initech', missing: 'missing', id: initechId, owner: founder },
    async stop() {
      await closed.stop()
      await postern.stop()
      await provider.stop()
    },
  }
}

/** The target of an attempt: how a request names it, and the facts that the policy needs. */
export interface Subject {
  readonly reference: string
  /** A name or id of the same length that nothing has. */
  readonly missing: string
  readonly isKnownTo: (principal: Principal) => boolean
  /** Facts that differ for this principal, because access through groups depends on the caller. */
  readonly foundBy?: (principal: Principal) => Partial<this>
}

export interface OrganizationSubject extends Subject {
  readonly organizationId: string
}

export interface RepositorySubject extends Subject {
  readonly repository: RepositoryFacts
}

export function organizationSubject({ name, missing, id }: Place): OrganizationSubject {
  return { reference: name, missing, organizationId: id, isKnownTo: (principal) => maySeeOrganization(principal, id) }
}

let created = 0
/** A new name, always of the same length. */
export function newName(letter: string): string {
  created += 1
  return `${letter}${String(created).padStart(5, '0')}`
}

/** A new repository in an organization. */
export async function repositoryIn(place: Place, visibility: RepositoryVisibility): Promise<RepositorySubject> {
  const subject = await newRepository(place.owner, place.name, place.id, visibility)
  const { writers } = place
  if (writers === undefined) return subject
  await writers.giveAccess(subject.repository.id)
  const { repository, isKnownTo } = repositorySubject({
    ...subject,
    repository: { ...subject.repository, groupAccess: 'WRITE' },
  })
  return {
    ...subject,
    foundBy: (principal) => (personBehind(principal)?.user.id === writers.userId ? { repository, isKnownTo } : {}),
  }
}

/** An existing private repository of an organization. */
export async function repositoryNamed(place: Place, reference: string): Promise<RepositorySubject> {
  const { repository: found } = await place.owner.execute(RepositoryDocument, { name: reference })
  if (!found) throw new Error(`There is no repository ${reference}.`)
  const repository = { id: found.id, namespaceId: place.id, visibility: 'PRIVATE', groupAccess: null } as const
  return repositorySubject({ reference, missing: `${reference.slice(0, -1)}_`, repository })
}

/** A new private repository in a person's own namespace. */
export async function repositoryOf(person: Client, username: string): Promise<RepositorySubject> {
  return newRepository(person, username, await userIdOf(person), 'PRIVATE')
}

async function newRepository(
  maker: Client,
  namespace: string,
  namespaceId: string,
  visibility: RepositoryVisibility,
): Promise<RepositorySubject> {
  const reference = `${namespace}/${newName('r')}`
  const id = await createRepository(maker, reference, visibility)
  const missing = `${namespace}/${newName('m')}`
  return repositorySubject({ reference, missing, repository: { id, namespaceId, visibility, groupAccess: null } })
}

function repositorySubject(subject: Omit<RepositorySubject, 'isKnownTo'>): RepositorySubject {
  return { ...subject, isKnownTo: (principal) => maySeeRepository(principal, subject.repository) }
}

/** A new token of an organization. */
export async function tokenOf(place: Place): Promise<OrganizationSubject> {
  const { id } = await generateToken(place.owner, { organization: place.name })
  return {
    reference: id,
    missing: missingId(id),
    organizationId: place.id,
    isKnownTo: (principal) => mayManageTokens(principal, place.id),
  }
}

/** A well-formed id of the same kind that nothing has. */
export function missingId(id: string): string {
  return `${id.slice(0, 4)}01ARZ3NDEKTSV4RRFFQ69G5FAV`
}

/** The outcome for people. Other callers are denied. */
export function forPeople(principal: Principal, outcome: (principal: Principal) => Outcome): Outcome {
  if (principal.kind === 'SESSION') return outcome(principal)
  return principal.kind === 'ANONYMOUS' ? 'sign in' : 'forbidden'
}

/** The outcome for people and their tokens. Other callers are denied. */
export function forPeopleAndTheirTokens(principal: Principal, outcome: (principal: Principal) => Outcome): Outcome {
  return principal.kind === 'PERSONAL_TOKEN' ? outcome(principal) : forPeople(principal, outcome)
}

/** The outcome for people and organization tokens. Other callers are denied. */
export function forActors(principal: Principal, outcome: (principal: Principal) => Outcome): Outcome {
  return principal.kind === 'ORGANIZATION_TOKEN' ? outcome(principal) : forPeople(principal, outcome)
}

/** A row of the matrix: one operation on one kind of object. */
export interface MatrixCase {
  /** The root field, or a field below one. */
  readonly field: string
  /** The object in words; empty if the operation has no object. */
  readonly on: string
  /** Prepares an attempt of one caller; null if the row does not apply to them. */
  readonly prepare: (world: World, caller: MatrixCallerKind) => Promise<Attempt | null>
}

export interface Attempt {
  readonly client: Client
  readonly request: unknown
  readonly expected: Outcome
  readonly outcomeOf: (response: WireResponse) => string
  /** To be called after the subject changed: the next caller gets another one. */
  readonly spend: () => void
  readonly cleanUp: () => Promise<void>
  /** Set if the caller cannot see the subject: the same request for one that does not exist. */
  readonly hidden: { readonly request: unknown; readonly reference: string; readonly missing: string } | null
}

interface CaseDefinition<S extends Subject, Data, Variables> {
  readonly document: TypedDocumentNode<Data, Variables> | string
  /**
   * Null if the row does not apply to the caller. A function without parameters serves several callers, until its
   * subject is changed.
   */
  readonly subject?: (world: World, caller: Caller) => Promise<S | null> | S | null
  readonly variables?: (reference: string, world: World, caller: Caller) => Variables
  /** The client that sends the request; by default, the caller's. */
  readonly client?: (world: World, caller: Caller) => Promise<Client> | Client
  /** Reverts changes that would turn the caller into another kind of caller. */
  readonly cleanUp?: (world: World) => Promise<void>
  /** The place of the outcome in the response; by default, the root field. */
  readonly reading?: Reading
  /** The outcome that the policy implies. */
  readonly expected: (principal: Principal, subject: S) => Outcome
}

const nothing: Subject = { reference: '', missing: '', isKnownTo: () => true }

/** Defines a row of the matrix. */
export function on<S extends Subject, Data, Variables>(
  field: string,
  what: string,
  definition: CaseDefinition<S, Data, Variables>,
): MatrixCase {
  const { document, variables, expected, subject: arrange = () => nothing as S } = definition
  const query = typeof document === 'string' ? document : print(document)
  let spare: S | null = null
  return {
    field,
    on: what,
    async prepare(world, kind) {
      const caller: Caller = world.callers.all[kind]
      const arranged = spare ?? (await arrange(world, caller))
      if (arranged === null) return null
      const isForAll = arrange.length < 2 && definition.cleanUp === undefined
      spare = isForAll ? arranged : null
      const client = (await definition.client?.(world, caller)) ?? caller.client
      // Callers who cannot be authenticated get the same response to every request.
      const principal = kind in unusableTokens ? null : await principalOf(world.postern, client)
      const subject: S = { ...arranged, ...(principal && arranged.foundBy?.(principal)) }
      const { reference, missing } = subject
      const requestOn = (name: string) => ({ query, variables: variables?.(name, world, caller) ?? {} })
      const mayKnow = principal !== null && subject.isKnownTo(principal)
      return {
        client,
        request: requestOn(reference),
        expected: principal === null ? 'sign in' : expected(principal, subject),
        outcomeOf: (response) => outcomeOf(response, definition.reading),
        spend: () => {
          spare = null
        },
        cleanUp: async () => definition.cleanUp?.(world),
        hidden: mayKnow ? null : { request: requestOn(missing), reference, missing },
      }
    },
  }
}
