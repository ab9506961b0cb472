/** Why an attempt was denied or rejected. Owners of the token or account see it; the client does not. */
export const refusalReasons = [
  'UNKNOWN_SECRET',
  'QUOTED_SECRET',
  'WRONG_PASSWORD',
  'TOO_MANY_FAILURES',
  'SSO_REQUIRED',
  'WRONG_USERNAME',
  'TOKEN_INACTIVE',
  'TOKEN_SUSPENDED',
  'TOKEN_EXPIRED',
  'ROTATED_SECRET',
  'PERMISSION_MISSING',
  'INVALID_REPOSITORY_NAME',
  'PULL_LIMIT_REACHED',
] as const

export type RefusalReason = (typeof refusalReasons)[number]

/** What happened and what to do, for owners of the token or account. */
export const refusalMessages: Readonly<Record<RefusalReason, string>> = {
  UNKNOWN_SECRET:
    'The name was right, but the secret is that of no token: it is mistyped, deleted, of another installation, ' +
    'or a password, which organizations do not have. Log in with an active token.',
  QUOTED_SECRET:
    'The token was in quotation marks, which a shell, a file or a CI variable has kept around it. Take them out ' +
    'where it is stored.',
  WRONG_PASSWORD: 'The password was wrong. If nobody of yours tried, change it and look where the attempts came from.',
  TOO_MANY_FAILURES:
    'Too many wrong passwords had come from there before, so this one was not looked at. If nobody of yours ' +
    'tried, look where the attempts came from.',
  SSO_REQUIRED:
    'The password was right, but an organization has its members sign in through its own provider. Use that, or ' +
    'an access token.',
  WRONG_USERNAME:
    'The token was right, but the username was another. Log in with the name of the organization or person ' +
    'whose token it is.',
  TOKEN_INACTIVE: 'The token is inactive. Activate it where that is allowed, or use another.',
  TOKEN_SUSPENDED:
    "The organization's plan has no tokens, so its tokens are suspended. They work again once an administrator " +
    'changes the plan to one with tokens.',
  TOKEN_EXPIRED: 'The token has expired. Generate another and put that in its place.',
  ROTATED_SECRET:
    'The secret was replaced by a rotation, and its time is over. Put the new secret where the old one is still ' +
    'used; if nobody of yours uses it, somebody else has it.',
  PERMISSION_MISSING:
    'The token was right, but it does not hold this permission on this repository: no scope covers that or ' +
    'gives it, or the person does not hold it. explainAccess says which.',
  INVALID_REPOSITORY_NAME:
    'No repository can have this name, so nothing was granted on it. Names are in lower case, with single slashes ' +
    'between their parts. Look for an empty variable, or the host of a registry, in the command.',
  PULL_LIMIT_REACHED: 'All pulls of the usage window were used up. Wait until it resets, or raise the limit.',
}
