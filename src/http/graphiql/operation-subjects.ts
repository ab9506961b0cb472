/** The subjects in the sidebar of GraphiQL, with their operations, both in the order in which people read them. */
const operationsBySubject: Readonly<Record<string, readonly string[]>> = {
  Account: ['Viewer', 'SignIn', 'SignOut', 'SignUp', 'ChangePassword', 'User'],
  Organizations: [
    'CreateOrganization',
    'Organization',
    'UpdateOrganization',
    'ChangeOrganizationPlan',
    'OrganizationPolicy',
    'UpdateOrganizationPolicy',
  ],
  Repositories: [
    'CreateRepository',
    'Repositories',
    'Repository',
    'RepositoryTags',
    'UpdateRepository',
    'DeleteRepository',
  ],
  Tokens: [
    'GenerateOrganizationToken',
    'AccessTokens',
    'AccessToken',
    'UpdateToken',
    'RotateToken',
    'DeactivateToken',
    'ActivateToken',
    'DeleteToken',
    'AvailablePermissions',
  ],
  'Personal tokens': ['GeneratePersonalToken', 'PersonalTokens'],
  Devices: ['DeviceRequest', 'ApproveDevice', 'DenyDevice', 'SignInDevice'],
  'Denied access': ['ExplainAccess', 'RefusedAttempts'],
  Members: [
    'Members',
    'ChangeMemberRole',
    'RemoveMember',
    'InviteMembers',
    'Invites',
    'CancelInvite',
    'ViewerInvites',
    'AcceptInvite',
  ],
  Groups: [
    'CreateGroup',
    'Groups',
    'UpdateGroup',
    'DeleteGroup',
    'AddGroupMember',
    'RemoveGroupMember',
    'SetGroupRepositoryAccess',
  ],
  Companies: [
    'CreateCompany',
    'Company',
    'Companies',
    'AddOrganizationToCompany',
    'RemoveOrganizationFromCompany',
    'AddCompanyOwner',
    'RemoveCompanyOwner',
  ],
  'Single sign-on': ['ConfigureSso', 'SsoProvider', 'RemoveSso', 'StartSsoSignIn', 'CompleteSsoSignIn'],
  Webhooks: [
    'CreateWebhook',
    'Webhooks',
    'UpdateWebhook',
    'RotateWebhookSecret',
    'ReplayWebhookDelivery',
    'DeleteWebhook',
  ],
  'Activity and usage': ['Activity', 'UsageReport', 'UsageTotals', 'TokenItself'],
  Other: ['Installation', 'Node', 'Nodes'],
}

const places = Object.entries(operationsBySubject).flatMap(([subject, names]) =>
  names.map((name) => ({ subject, name })),
)

/** Every operation that has a place in the sidebar. */
export const placedOperations: readonly string[] = places.map(({ name }) => name)

/**
 * Where an operation is in the sidebar: its subject, and its rank among all operations. Operations without a place are
 * the last of the subject "Other".
 */
export function placeOf(operation: string): { subject: string; rank: number } {
  const rank = places.findIndex(({ name }) => name === operation)
  return { subject: places[rank]?.subject ?? 'Other', rank: rank < 0 ? places.length : rank }
}
