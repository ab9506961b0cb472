import {
  ChangeOrganizationPlanDocument,
  CreateOrganizationDocument,
  type OrganizationRole,
  type Plan,
  type ScopeInput,
  SignInDocument,
  ViewerDocument,
} from '../../schema/typed-documents.ts'
import { FailureCounter } from '../../src/domain/guess/failure-counter.ts'
import { GuessBrake } from '../../src/domain/guess/guess-brake.ts'
import { authenticateBearer } from '../../src/domain/identity/authenticate-bearer.ts'
import { Company, CompanyOwner } from '../../src/domain/model/company.ts'
import { Membership } from '../../src/domain/model/membership.ts'
import { Organization } from '../../src/domain/model/organization.ts'
import { permissionResource, permissions } from '../../src/domain/model/permission.ts'
import { anonymous, type Principal } from '../../src/domain/policy/principal.ts'
import { RefusalRecorder } from '../../src/domain/refusal/refusal-recorder.ts'
import { deriveKeys } from '../../src/domain/secrets/secret-key.ts'
import { newId } from '../../src/domain/shared/id.ts'
import { ServiceLimits } from '../../src/domain/shared/service-limits.ts'
import type { Client } from './client.ts'
import { adminPassword, generateToken, type Person, type Postern } from './postern.ts'

/** Every kind of caller, in relation to the organization `acme`. */
export const callerKinds = [
  'anonymous',
  'stranger',
  'member',
  'editor',
  'owner',
  'companyOwner',
  'ownerElsewhere',
  'token',
  'tokenElsewhere',
  'administrator',
] as const
export type CallerKind = (typeof callerKinds)[number]

export interface Caller {
  readonly kind: string
  readonly client: Client
  /** Set for people. */
  readonly login: { readonly username: string; readonly password: string } | null
  /** The person, or the one of a personal token; null for all other callers. */
  readonly person: { readonly client: Client; readonly username: string } | null
  /** Set for access tokens. */
  readonly tokenId: string | null
}

/** A caller of each kind, and their two organizations. */
export interface Callers {
  readonly all: Readonly<Record<CallerKind, Caller>>
  /** The id of `acme`, which is on the Business plan and belongs to the company `holding`. */
  readonly acmeId: string
  /** The id of `globex`, which nobody in `acme` is related to. */
  readonly globexId: string
}

/** Signs everybody up, and creates the organizations, the company and the tokens. */
export async function arrangeCallers(postern: Postern): Promise<Callers> {
  const [stranger, member, editor, owner, companyOwner, ownerElsewhere] = await Promise.all([
    postern.signUp('stranger'),
    postern.signUp('member'),
    postern.signUp('editor'),
    postern.signUp('owner'),
    postern.signUp('company-owner'),
    postern.signUp('owner-elsewhere'),
  ])
  const acmeId = await createOwnedOrganization(postern, owner.client, 'acme', 'BUSINESS')
  const globexId = await createOwnedOrganization(postern, ownerElsewhere.client, 'globex', 'BUSINESS')
  await addMember(postern, acmeId, member.client, 'MEMBER')
  await addMember(postern, acmeId, editor.client, 'EDITOR')
  await createCompany(postern, 'holding', [acmeId], [companyOwner.client])

  const person = (kind: CallerKind, { client, username, password }: Person): Caller => ({
    kind,
    client,
    login: { username, password },
    person: { client, username },
    tokenId: null,
  })
  const token = async (kind: CallerKind, manager: Client, organization: string): Promise<Caller> => {
    const { id, secret } = await generateToken(manager, { organization, scopes: everyScope(organization) })
    return { kind, client: postern.client(secret), login: null, person: null, tokenId: id }
  }
  const { username } = postern.config.admin
  const administrator = await postern.signInAsAdministrator()
  return {
    acmeId,
    globexId,
    all: {
      anonymous: { kind: 'anonymous', client: postern.client(), login: null, person: null, tokenId: null },
      stranger: person('stranger', stranger),
      member: person('member', member),
      editor: person('editor', editor),
      owner: person('owner', owner),
      companyOwner: person('companyOwner', companyOwner),
      ownerElsewhere: person('ownerElsewhere', ownerElsewhere),
      token: await token('token', owner.client, 'acme'),
      tokenElsewhere: await token('tokenElsewhere', ownerElsewhere.client, 'globex'),
      administrator: {
        kind: 'administrator',
        client: administrator,
        login: { username, password: adminPassword },
        person: { client: administrator, username },
        tokenId: null,
      },
    },
  }
}

/** Scopes with all permissions that a token can have in its organization. */
export function everyScope(organization: string): ScopeInput[] {
  const ofOrganization = permissions.filter((permission) => permissionResource(permission) === 'ORGANIZATION')
  return [
    { resource: 'REPOSITORY', path: `${organization}/*`, permissions: ['IMAGE_DELETE', 'REPOSITORY_ADMIN'] },
    { resource: 'ORGANIZATION', path: organization, permissions: ofOrganization },
  ]
}

/** An organization that a person owns. The administrator only chooses its plan. */
export async function createOwnedOrganization(
  postern: Postern,
  owner: Client,
  name: string,
  plan: Plan = 'FREE',
): Promise<string> {
  const { createOrganization: created } = await owner.execute(CreateOrganizationDocument, { input: { name } })
  if (!created.organization) throw new Error(JSON.stringify(created.userErrors))
  if (plan !== created.organization.plan) {
    const administrator = await postern.signInAsAdministrator()
    const { changeOrganizationPlan: changed } = await administrator.execute(ChangeOrganizationPlanDocument, {
      organization: name,
      plan,
    })
    if (changed.userErrors.length > 0) throw new Error(JSON.stringify(changed.userErrors))
  }
  return created.organization.id
}

/** Adds a person to an organization, or changes their role. */
export async function addMember(
  postern: Postern,
  organizationId: string,
  person: Client,
  role: OrganizationRole,
): Promise<void> {
  const user = await userIdOf(person)
  await postern.em().upsert(Membership, { organization: organizationId, user, role, joinedAt: new Date() })
}

/** Removes a person from an organization. */
export async function removeMember(postern: Postern, organizationId: string, person: Client): Promise<void> {
  await postern.em().nativeDelete(Membership, { organization: organizationId, user: await userIdOf(person) })
}

/** Creates a company with owners and organizations. */
export async function createCompany(
  postern: Postern,
  name: string,
  organizationIds: readonly string[],
  owners: readonly Client[],
): Promise<string> {
  const em = postern.em()
  const id = newId('com', new Date())
  await em.insert(Company, { id, name, createdAt: new Date() })
  for (const owner of owners) await em.insert(CompanyOwner, { company: id, user: await userIdOf(owner) })
  await em.nativeUpdate(Organization, { id: { $in: [...organizationIds] } }, { company: id })
  return id
}

/** The id of the person that a client is signed in as. */
export async function userIdOf(person: Client): Promise<string> {
  const { viewer } = await person.execute(ViewerDocument, {})
  if (!viewer?.user) throw new Error('This client is signed in as nobody.')
  return viewer.user.id
}

/** Another session of the same person. */
export async function signInAgain(
  postern: Postern,
  login: { readonly username: string; readonly password: string },
): Promise<Client> {
  const { username, password } = login
  const { signIn } = await postern.client().execute(SignInDocument, { input: { username, password } })
  if (!signIn.sessionToken) throw new Error(JSON.stringify(signIn.userErrors))
  return postern.client(signIn.sessionToken)
}

/** The principal of a client's requests at this moment, which the policy decides on. */
export async function principalOf(postern: Postern, client: Client): Promise<Principal> {
  if (client.token === undefined) return anonymous
  const kept = keptOf.get(postern) ?? keep(postern)
  const origin = { ipAddress: null, userAgent: null, requestId: null }
  const call = { ...kept, em: postern.em(), now: new Date(), origin, limits: new ServiceLimits() }
  return authenticateBearer(call, client.token)
}

// Writes nothing, because the database may be closed by then.
const never = 3_600_000

/** The parts of a server that are created once, because they take long. */
const keptOf = new WeakMap<Postern, ReturnType<typeof keep>>()

function keep(postern: Postern) {
  const { tokenHashKey, ...keys } = deriveKeys(postern.config.secretKey)
  const kept = {
    settings: { ...postern.config, tokenHashKey, ...keys },
    refusals: new RefusalRecorder(postern.em(), never, () => undefined),
    guesses: new GuessBrake(new FailureCounter(postern.em(), tokenHashKey, () => undefined), never),
  }
  keptOf.set(postern, kept)
  return kept
}
