import { registerEnumType } from 'type-graphql'
import { type ActivityAction, activityActions } from '../../domain/model/activity-action.ts'

const descriptions: Readonly<Record<ActivityAction, string>> = {
  'access_token.activate': 'A token was activated.',
  'access_token.create': 'A token was generated.',
  'access_token.deactivate': 'A token was deactivated.',
  'access_token.delete': 'A token was deleted.',
  'access_token.first_use': 'A token was used for the first time.',
  'access_token.late_secret_use': 'A secret that a rotation has ended was used for the first time since.',
  'access_token.new_address': 'A token was used from a network that it had not been used from before.',
  'access_token.registry_login':
    'An organization token logged in at the registry. At most one event a minute for a token and network.',
  'access_token.recreate': 'The deleted token of a device was created again.',
  'access_token.rotate': 'A token got a new secret.',
  'access_token.scope_remove': 'A repository was deleted, and removed from the scopes of a token.',
  'access_token.update': 'A token was changed.',
  'company.create': 'A company was created.',
  'company.owner_add': 'A person became an owner of a company.',
  'company.owner_remove': 'A person is no longer an owner of a company.',
  'group.create': 'A group was created.',
  'group.delete': 'A group was deleted.',
  'group.member_add': 'A member was added to a group.',
  'group.member_remove': 'A member was removed from a group.',
  'group.repository_access': 'The access of a group to a repository was changed.',
  'group.update': 'A group was changed.',
  'invite.accept': 'An invite was accepted.',
  'invite.cancel': 'An invite was canceled or declined.',
  'member.invite': 'A person was invited.',
  'member.remove': 'A member was removed, or left.',
  'member.role_change': 'The role of a member was changed.',
  'organization.company_change': 'An organization was added to a company, or removed from it.',
  'organization.create': 'An organization was created.',
  'organization.plan_change': 'The plan of an organization was changed.',
  'organization.policy_change': 'The policy of an organization was changed.',
  'organization.sso_configure': 'The provider for single sign-on was configured.',
  'organization.sso_join': 'A person joined an organization by signing in through its provider.',
  'organization.sso_remove': 'The provider for single sign-on was removed.',
  'organization.update': 'An organization was changed.',
  'repository.create': 'A repository was created.',
  'repository.delete': 'A repository was deleted.',
  'repository.manifest_delete': 'A manifest was deleted from a registry.',
  'repository.pull': 'An image was pulled.',
  'repository.push': 'An image was pushed.',
  'repository.tag_delete': 'A tag was deleted from a registry.',
  'repository.update': 'A repository was changed.',
  'user.device_approve': 'A device was approved.',
  'user.device_deny': 'A device was denied.',
  'user.device_sign_in': 'A device signed in.',
  'user.password_change': 'A person changed their password.',
  'user.sign_in': 'A person signed in, or logged in with their password.',
  'user.sign_out': 'A person or a device signed out.',
  'user.sign_up': 'An account was created.',
  'user.sso_link': 'An account was linked to one at a provider.',
  'webhook.create': 'A webhook was created.',
  'webhook.deactivate': 'A webhook was deactivated, because its receiver is gone.',
  'webhook.delete': 'A webhook was deleted.',
  'webhook.replay': 'A delivery was sent again.',
  'webhook.secret_rotate': 'The signing secret of a webhook was replaced.',
  'webhook.update': 'A webhook was changed.',
}

/** The name of an action in the API: ACCESS_TOKEN_CREATE for `access_token.create`. */
function nameOf(action: ActivityAction): string {
  return action.replace('.', '_').toUpperCase()
}

export const ActivityActionEnum = Object.fromEntries(activityActions.map((action) => [nameOf(action), action]))
registerEnumType(ActivityActionEnum, {
  name: 'ActivityAction',
  description: 'Kind of activity event.',
  valuesConfig: Object.fromEntries(
    activityActions.map((action) => [nameOf(action), { description: descriptions[action] }]),
  ),
})
