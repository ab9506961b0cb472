import { chmod, chown, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** An account of the operating system. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The account that runs PostgreSQL, which does not run as root. Undefined means the user of this process. For root: the
 * owner of the cluster, or an account without rights if root owns the cluster or it does not exist yet.
 *
 * @throws an error for people, if this process runs as root and the machine has no such account.
 */
export async function chooseAccount(clusterDir: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(clusterDir).catch(() => undefined)
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : await accountWithoutRights()
}

async function accountWithoutRights(): Promise<Account> {
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const account = accounts.find((fields) => fields[0] === name)
    if (account) return { uid: Number(account[2]), gid: Number(account[3]) }
  }
  throw new Error(
    'PostgreSQL does not run as root, and this machine has no account named postgres or nobody to run it. ' +
      'Start Postern as an ordinary user, or set DATABASE_URL.',
  )
}

/** Lets the account pass through the data directory. Other accounts still cannot list it. */
export async function letThrough(account: Account, dataDir: string): Promise<void> {
  const { mode, uid } = await stat(dataDir)
  if (uid === 0 && !(await canReach(account, dataDir))) await chmod(dataDir, mode | 0o011)
}

/** Changes the owner of a tree to the account, for example after root restored a backup. */
export async function giveTree(account: Account, dir: string): Promise<void> {
  await chown(dir, account.uid, account.gid)
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), account.uid, account.gid)
  }
}

/** Whether the account can pass through every directory from the root to `dir`, by owner, group and mode. */
export async function canReach(account: Account, dir: string): Promise<boolean> {
  const { mode, uid, gid } = await stat(dir)
  const passable = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
  if ((mode & passable) === 0) return false
  return dirname(dir) === dir || (await canReach(account, dirname(dir)))
}
