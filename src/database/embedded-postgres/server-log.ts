const start = /^(DEBUG\d?|INFO|NOTICE|LOG|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION): {2}/
const worthTelling = ['WARNING', 'FATAL', 'PANIC']
const additions = ['DETAIL', 'HINT']

/**
 * Passes on the lines of PostgreSQL's log that tell of its own troubles.
 *
 * An ERROR is the answer to somebody's query: they have it already, and it may quote values that no log should hold.
 */
export function tellTroubles(log: (line: string) => void): (line: string) => void {
  let isTold = false
  return (line) => {
    const kind = start.exec(line)?.[1]
    // What adds to a message, and a line without a kind, goes the way of the message before it.
    if (kind !== undefined && !additions.includes(kind)) isTold = worthTelling.includes(kind)
    if (isTold) log(line.trim())
  }
}
