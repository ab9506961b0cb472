import type { EntityManager, InferKyselyDB } from '@mikro-orm/postgresql'
import type { ColumnType, Kysely } from 'kysely'
import {
  AccessToken,
  type AccessTokenSchema,
  AccessTokenScope,
  type AccessTokenScopeSchema,
  AccessTokenSecret,
  type AccessTokenSecretSchema,
} from '../model/access-token.ts'
import {
  ActivityChain,
  type ActivityChainSchema,
  ActivityCheckpoint,
  type ActivityCheckpointSchema,
} from '../model/activity-chain.ts'
import { ActivityEvent, type ActivityEventSchema } from '../model/activity-event.ts'
import { Company, CompanyOwner, type CompanyOwnerSchema, type CompanySchema } from '../model/company.ts'
import { Delivery, type DeliverySchema } from '../model/delivery.ts'
import { Deployment, type DeploymentSchema } from '../model/deployment.ts'
import { DeviceRequest, type DeviceRequestSchema } from '../model/device-request.ts'
import { FailureCount, type FailureCountSchema } from '../model/failure-count.ts'
import {
  Group,
  GroupMembership,
  type GroupMembershipSchema,
  GroupRepository,
  type GroupRepositorySchema,
  type GroupSchema,
} from '../model/group.ts'
import { IdempotencyKey, type IdempotencyKeySchema } from '../model/idempotency-key.ts'
import { Invite, type InviteSchema } from '../model/invite.ts'
import { Membership, type MembershipSchema } from '../model/membership.ts'
import { Namespace, type NamespaceSchema } from '../model/namespace.ts'
import { Notice, type NoticeSchema } from '../model/notice.ts'
import { Organization, type OrganizationSchema } from '../model/organization.ts'
import { RefusedAttempt, type RefusedAttemptSchema } from '../model/refused-attempt.ts'
import { RegistryEvent, type RegistryEventSchema } from '../model/registry-event.ts'
import { Repository, type RepositorySchema } from '../model/repository.ts'
import { RepositoryTag, type RepositoryTagSchema } from '../model/repository-tag.ts'
import { Session, type SessionSchema } from '../model/session.ts'
import { SigningKeyRecord, type SigningKeyRecordSchema } from '../model/signing-key-record.ts'
import {
  SsoAttempt,
  type SsoAttemptSchema,
  SsoIdentity,
  type SsoIdentitySchema,
  SsoProvider,
  type SsoProviderSchema,
} from '../model/sso-tables.ts'
import {
  AccessTokenAddress,
  type AccessTokenAddressSchema,
  AccessTokenLastUse,
  type AccessTokenLastUseSchema,
  AnonymousPullReservation,
  type AnonymousPullReservationSchema,
  AnonymousUsageWindow,
  type AnonymousUsageWindowSchema,
  PullReservation,
  type PullReservationSchema,
  RegistryLogin,
  type RegistryLoginSchema,
  UsageDay,
  type UsageDaySchema,
  UsageWindow,
  type UsageWindowSchema,
} from '../model/usage-tables.ts'
import { User, type UserSchema } from '../model/user.ts'
import { Webhook, type WebhookSchema } from '../model/webhook.ts'
import type { Timestamp } from '../shared/timestamp.ts'

/** Every entity, for the ORM. */
export const entities = [
  Deployment,
  SigningKeyRecord,
  Namespace,
  User,
  Session,
  DeviceRequest,
  Company,
  CompanyOwner,
  Organization,
  Membership,
  Repository,
  RepositoryTag,
  RegistryEvent,
  Group,
  GroupMembership,
  GroupRepository,
  Invite,
  SsoProvider,
  SsoAttempt,
  SsoIdentity,
  AccessToken,
  AccessTokenSecret,
  AccessTokenScope,
  AccessTokenLastUse,
  AccessTokenAddress,
  RegistryLogin,
  UsageWindow,
  AnonymousUsageWindow,
  PullReservation,
  AnonymousPullReservation,
  UsageDay,
  IdempotencyKey,
  ActivityEvent,
  ActivityChain,
  ActivityCheckpoint,
  Notice,
  RefusedAttempt,
  Webhook,
  Delivery,
  FailureCount,
]

type EntityTables = InferKyselyDB<
  | typeof DeploymentSchema
  | typeof SigningKeyRecordSchema
  | typeof NamespaceSchema
  | typeof UserSchema
  | typeof SessionSchema
  | typeof DeviceRequestSchema
  | typeof CompanySchema
  | typeof CompanyOwnerSchema
  | typeof OrganizationSchema
  | typeof MembershipSchema
  | typeof RepositorySchema
  | typeof RepositoryTagSchema
  | typeof RegistryEventSchema
  | typeof GroupSchema
  | typeof GroupMembershipSchema
  | typeof GroupRepositorySchema
  | typeof InviteSchema
  | typeof SsoProviderSchema
  | typeof SsoAttemptSchema
  | typeof SsoIdentitySchema
  | typeof AccessTokenSchema
  | typeof AccessTokenSecretSchema
  | typeof AccessTokenScopeSchema
  | typeof AccessTokenLastUseSchema
  | typeof AccessTokenAddressSchema
  | typeof RegistryLoginSchema
  | typeof UsageWindowSchema
  | typeof AnonymousUsageWindowSchema
  | typeof PullReservationSchema
  | typeof AnonymousPullReservationSchema
  | typeof UsageDaySchema
  | typeof IdempotencyKeySchema
  | typeof ActivityEventSchema
  | typeof ActivityChainSchema
  | typeof ActivityCheckpointSchema
  | typeof NoticeSchema
  | typeof RefusedAttemptSchema
  | typeof WebhookSchema
  | typeof DeliverySchema
  | typeof FailureCountSchema
>

// Rows never hold Date objects: responses need text, and a Date for every column would cost more than the rest of a
// row.
type Column<T> = Date extends T ? ColumnType<Exclude<T, Date> | Timestamp, T | Timestamp, T | Timestamp> : T

/** The tables as typed SQL sees them. */
export type Tables = {
  [Table in keyof EntityTables]: { [Name in keyof EntityTables[Table]]: Column<EntityTables[Table][Name]> }
}

/** Typed SQL on the entity manager's connection, inside its transaction where there is one. */
export function kysely(em: EntityManager): Kysely<Tables> {
  return em.getKysely<Tables>()
}
