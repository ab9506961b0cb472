import { fchmodSync, fstatSync } from 'node:fs'

const onlyOwner = 0o600
const others = 0o077

/**
 * Lets only the owner read the file of an output, before a secret is written to it: the shell creates it with its
 * umask, which usually lets everybody read. False if it is not a file, such as a terminal or a pipe, or needed no
 * change.
 */
export function keepToOwner(fileDescriptor: number): boolean {
  // Windows has no such permission bits.
  if (process.platform === 'win32') return false
  const stats = fstatSync(fileDescriptor)
  if (!stats.isFile() || (stats.mode & others) === 0) return false
  fchmodSync(fileDescriptor, onlyOwner)
  return true
}
