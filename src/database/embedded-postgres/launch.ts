import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { parse } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Account, canReach } from './account.ts'

/** Starts one of PostgreSQL's programs; its stdin, stdout and stderr are pipes or nothing. */
export type Launch = (program: string, args: string[], stdio: Array<'pipe' | 'ignore'>) => ChildProcess

const runTimeoutMs = 120_000

/**
 * How PostgreSQL's programs are started as an account (undefined: the user of this process), which has to pass through
 * `dirs`. Nothing of this process's environment goes along, for there are secrets in it.
 */
export async function launcher(account: Account | undefined, dirs: string[]): Promise<Launch> {
  const ways = account ? await Promise.all(dirs.map((dir) => canReach(account, dir))) : []
  const blocked = dirs.find((_, index) => ways[index] === false)
  return (program, args, stdio) => {
    const [command, ...rest] =
      account && blocked ? [...pastDirectoryModes(account), program, ...args] : [program, ...args]
    // A group of its own: a Ctrl-C in the terminal is for Postern, which stops the database last.
    const options = { cwd: parse(program).root, env: environment(), stdio, detached: true, windowsHide: true }
    const child = spawn(command ?? program, rest, account && !blocked ? { ...options, ...account } : options)
    child.once('error', (cause) => Object.assign(cause, { message: launchFault(cause, program, blocked) }))
    return child
  }
}

// A checkout under /root is reachable for root alone. The account then gets that one right of root's besides: to
// pass where modes forbid it. CAP_DAC_READ_SEARCH would be less, but containers do not have it by default. Without
// no_setuid_fixup, access(2), by which initdb looks for its companions, would leave capabilities out of account.
function pastDirectoryModes({ uid, gid }: Account): string[] {
  const user = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--securebits', '+no_setuid_fixup']
  const right = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override', '--no-new-privs']
  return ['setpriv', ...user, ...right, '--']
}

function launchFault(cause: Error, program: string, blocked: string | undefined): string {
  return blocked
    ? `PostgreSQL refuses to run as root, and other accounts may not pass through to ${blocked} (${cause.message}). ` +
        'Move it to where they may, or start Postern as an ordinary user.'
    : `${program} cannot be run on this machine (${cause.message}).`
}

function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']
  const entries = kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))
  // macOS would otherwise start threads to find the locale, which the server refuses.
  return { ...Object.fromEntries(entries), LC_ALL: 'C' }
}

/**
 * Runs a program to its end, with `input` as its stdin.
 *
 * @throws what it wrote, when it failed; input that it quotes is not among that.
 */
export async function run(launch: Launch, program: string, args: string[], input = ''): Promise<void> {
  const child = launch(program, args, ['pipe', 'pipe', 'pipe'])
  const timeout = setTimeout(() => child.kill('SIGKILL'), runTimeoutMs)
  try {
    // A program that ends early closes its stdin; why it did so is in what it wrote.
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
