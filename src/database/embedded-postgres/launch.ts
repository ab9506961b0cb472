import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { parse } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Account, canReach } from './account.ts'

/** Starts a program of PostgreSQL, whose stdin, stdout and stderr are pipes or ignored. */
export type Launch = (program: string, args: string[], stdio: Array<'pipe' | 'ignore'>) => ChildProcess

const runTimeoutMs = 120_000

/**
 * Returns a function that starts PostgreSQL's programs as an account, which must pass through `dirs`. Undefined means
 * the user of this process. The programs do not inherit the environment, because it contains secrets.
 */
export async function launcher(account: Account | undefined, dirs: string[]): Promise<Launch> {
  const ways = account ? await Promise.all(dirs.map((dir) => canReach(account, dir))) : []
  const blocked = dirs.find((_, index) => ways[index] === false)
  return (program, args, stdio) => {
    const [command, ...rest] =
      account && blocked ? [...pastDirectoryModes(account), program, ...args] : [program, ...args]
    // A separate process group, so that Ctrl-C in the terminal reaches Postern only, which stops the database last.
    const options = { cwd: parse(program).root, env: environment(), stdio, detached: true, windowsHide: true }
    const child = spawn(command ?? program, rest, account && !blocked ? { ...options, ...account } : options)
    child.once('error', (cause) => Object.assign(cause, { message: launchFault(cause, program, blocked) }))
    return child
  }
}

// Only root can reach a checkout under /root. The account then gets one right of root: to pass through directories
// despite their modes. CAP_DAC_READ_SEARCH would be less, but containers do not have it by default. Without
// no_setuid_fixup, access(2), with which initdb finds its other programs, would ignore capabilities.
function pastDirectoryModes({ uid, gid }: Account): string[] {
  const user = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--securebits', '+no_setuid_fixup']
  const right = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override', '--no-new-privs']
  return ['setpriv', ...user, ...right, '--']
}

function launchFault(cause: Error, program: string, blocked: string | undefined): string {
  return blocked
    ? `PostgreSQL does not run as root, and other accounts cannot reach ${blocked} (${cause.message}). ` +
        'Move it to where they can, or start Postern as an ordinary user.'
    : `${program} cannot be run on this machine (${cause.message}).`
}

function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']
  const entries = kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))
  // Otherwise, macOS starts threads to find the locale, and the server then exits.
  return { ...Object.fromEntries(entries), LC_ALL: 'C' }
}

/**
 * Runs a program to its end, with `input` as its stdin.
 *
 * @throws an error with its output, if it fails. The output does not quote the input.
 */
export async function run(launch: Launch, program: string, args: string[], input = ''): Promise<void> {
  const child = launch(program, args, ['pipe', 'pipe', 'pipe'])
  const timeout = setTimeout(() => child.kill('SIGKILL'), runTimeoutMs)
  try {
    // A program that ends early closes its stdin. Its output contains the reason.
    child.stdin?.on('error', () => undefined).end(input)
    const [, errors, [code]] = await Promise.all([
      child.stdout && text(child.stdout),
      child.stderr && text(child.stderr),
      once(child, 'close'),
    ])
    if (code !== 0 || /^(ERROR|FATAL|PANIC): /m.test(errors ?? '')) throw new Error(errors?.trim() || `code ${code}`)
  } finally {
    clearTimeout(timeout)
  }
}
