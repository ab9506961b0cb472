const start = /^(DEBUG\d?|INFO|NOTICE|LOG|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION): {2}/
const reportedKinds = ['WARNING', 'FATAL', 'PANIC']
const additions = ['DETAIL', 'HINT']

/**
 * Passes on the lines of PostgreSQL's log about problems of the server.
 *
 * An ERROR is the response to a query: the client has received it, and it can quote values that logs must not contain.
 */
export function filterServerLog(log: (line: string) => void): (line: string) => void {
  let isReported = false
  return (line) => {
    const kind = start.exec(line)?.[1]
    // Additions to a message and lines without a kind are treated like the message before them.
    if (kind !== undefined && !additions.includes(kind)) isReported = reportedKinds.includes(kind)
    if (isReported) log(line.trim())
  }
}
