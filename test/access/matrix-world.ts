import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { print } from 'graphql'
import { RepositoryDocument, type RepositoryVisibility } from '../../schema/typed-documents.ts'
import { startApp } from '../../src/app.ts'
import { defaultPlanTable } from '../../src/domain/model/plan.ts'
import { mayManageTokens, maySeeOrganization } from '../../src/domain/policy/policy.ts'
import { type Principal, personBehind } from '../../src/domain/policy/principal.ts'
import { maySeeRepository, type RepositoryFacts } from '../../src/domain/policy/repository-policy.ts'
import { type Caller, createOwnedOrganization, principalOf, userIdOf } from '../harness/callers.ts'
import { Client, type WireAnswer } from '../harness/client.ts'
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

/** An organization, one of its owners to arrange things in it, and a name as long that nobody has. */
export interface Place {
  readonly name: string
  readonly missing: string
  readonly id: string
  readonly owner: Client
  /** A group that may push to the repositories that rows are tried on. */
  readonly writers?: Writers
}

/** All that the permission matrix is tried on. */
export interface World {
  readonly postern: Postern
  /** A client of an instance on the same database that lets nobody sign up. */
  readonly closedClient: (token?: string) => Client
  readonly callers: MatrixCallers
  /** The organization that most callers have to do with. */
  readonly acme: Place
  /** An organization that no caller has to do with; its owner is the person `founder`. */
  readonly initech: Place
  /** Through which any organization can have its members sign in. */
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

/** What an attempt is made on: how a request names it, and what the policy has to know of it. */
export interface Subject {
  readonly reference: string
  /** Names nothing, and is as long. */
  readonly missing: string
  readonly isKnownTo: (principal: Principal) => boolean
  /** What of it is otherwise for this principal: what groups give depends on who asks. */
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

let made = 0
/** A name that is new each time, and always as long. */
export function newName(letter: string): string {
  made += 1
  return `${letter}${String(made).padStart(5, '0')}`
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

/** A private repository of an organization that is there. */
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

/** What only a person may ask, and then as it depends. */
export function forPeople(principal: Principal, outcome: (principal: Principal) => Outcome): Outcome {
  if (principal.kind === 'SESSION') return outcome(principal)
  return principal.kind === 'ANONYMOUS' ? 'sign in' : 'forbidden'
}

/** What a person may ask, or a token of theirs, and then as it depends. */
export function forPeopleAndTheirTokens(principal: Principal, outcome: (principal: Principal) => Outcome): Outcome {
  return principal.kind === 'PERSONAL_TOKEN' ? outcome(principal) : forPeople(principal, outcome)
}

/** What a person may ask, or a token of an organization, and then as it depends. */
export function forActors(principal: Principal, outcome: (principal: Principal) => Outcome): Outcome {
  return principal.kind === 'ORGANIZATION_TOKEN' ? outcome(principal) : forPeople(principal, outcome)
}

/** One operation on one kind of object: a row of the matrix. */
export interface MatrixCase {
  /** The root field, or a field below one. */
  readonly field: string
  /** What it is tried on, in words; empty where it takes nothing. */
  readonly on: string
  /** Makes ready for one caller; null where there is nothing to try for them. */
  readonly prepare: (world: World, caller: MatrixCallerKind) => Promise<Attempt | null>
}

export interface Attempt {
  readonly client: Client
  readonly request: unknown
  readonly expected: Outcome
  readonly outcomeOf: (answer: WireAnswer) => string
  /** To be called when the subject is not any more what it was: the next caller gets another. */
  readonly spend: () => void
  readonly cleanUp: () => Promise<void>
  /** Set where the caller may not know of the subject: the same request on one that does not exist. */
  readonly hidden: { readonly request: unknown; readonly reference: string; readonly missing: string } | null
}

interface CaseDefinition<S extends Subject, Data, Variables> {
  readonly document: TypedDocumentNode<Data, Variables> | string
  /** Null: nothing to try for this caller. One that takes no caller serves several, until it is changed. */
  readonly subject?: (world: World, caller: Caller) => Promise<S | null> | S | null
  readonly variables?: (reference: string, world: World, caller: Caller) => Variables
  /** Who sends the request; absent: the caller's client. */
  readonly client?: (world: World, caller: Caller) => Promise<Client> | Client
  /** Puts back what would make the caller another kind of caller. */
  readonly cleanUp?: (world: World) => Promise<void>
  /** Where in the answer the outcome is looked for; absent: at the root field. */
  readonly reading?: Reading
  /** What the policy says. */
  readonly expected: (principal: Principal, subject: S) => Outcome
}

const nothing: Subject = { reference: '', missing: '', isKnownTo: () => true }

/** A row of the matrix. */
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
      // Whoever cannot be authenticated is answered alike, whatever they ask for.
      const principal = kind in unusableTokens ? null : await principalOf(world.postern, client)
      const subject: S = { ...arranged, ...(principal && arranged.foundBy?.(principal)) }
      const { reference, missing } = subject
      const requestOn = (name: string) => ({ query, variables: variables?.(name, world, caller) ?? {} })
      const mayKnow = principal !== null && subject.isKnownTo(principal)
      return {
        client,
        request: requestOn(reference),
        expected: principal === null ? 'sign in' : expected(principal, subject),
        outcomeOf: (answer) => outcomeOf(answer, definition.reading),
        spend: () => {
          spare = null
        },
        cleanUp: async () => definition.cleanUp?.(world),
        hidden: mayKnow ? null : { request: requestOn(missing), reference, missing },
      }
    },
  }
}
