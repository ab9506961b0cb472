import { fchmodSync, fstatSync } from 'node:fs'

const onlyOwner = 0o600
const others = 0o077

/**
 * Takes from others the right to read a file that an output goes to, before a secret is written to it: the shell has made it by
 * its umask, which most often lets everybody read. False where it is no file, such as a terminal or a pipe, or was so already.
 */
export function keepToOwner(fileDescriptor: number): boolean {
  // Windows has no such bits.
  if (process.platform === 'win32') return false
  const stats = fstatSync(fileDescriptor)
  if (!stats.isFile() || (stats.mode & others) === 0) return false
  fchmodSync(fileDescriptor, onlyOwner)
  return true
}
