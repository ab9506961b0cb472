import { chmod, chown, readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** An account of the operating system. */
export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * Who runs PostgreSQL, which refuses to run as root: undefined for the user of this process; for root, the owner of
 * the cluster, or an account without rights when root owns it or there is none yet.
 *
 * @throws a sentence, when this process is root and the machine has no such account.
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
    'PostgreSQL refuses to run as root, and this machine has neither an account postgres nor nobody to run it as. ' +
      'Start Postern as an ordinary user, or set DATABASE_URL.',
  )
}

/** Makes the data directory passable for the account; only the names of what lies in it stay hidden from others. */
export async function letThrough(account: Account, dataDir: string): Promise<void> {
  const { mode, uid } = await stat(dataDir)
  if (uid === 0 && !(await canReach(account, dataDir))) await chmod(dataDir, mode | 0o011)
}

/** Gives a tree to the account; a backup that root put back belongs to root. */
export async function giveTree(account: Account, dir: string): Promise<void> {
  await chown(dir, account.uid, account.gid)
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), account.uid, account.gid)
  }
}

/** Whether the account may pass through every directory from the root to `dir`, by owner, group and mode. */
export async function canReach(account: Account, dir: string): Promise<boolean> {
  const { mode, uid, gid } = await stat(dir)
  const passable = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
  if ((mode & passable) === 0) return false
  return dirname(dir) === dir || (await canReach(account, dirname(dir)))
}
