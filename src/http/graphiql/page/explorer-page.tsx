import { GraphiQL, type GraphiQLProps } from 'graphiql'
import { useCallback, useMemo, useState } from 'react'
import type { ExampleOperation } from '../example-operation.ts'
import { createFetcher } from './create-fetcher.ts'
import { keepToken, readToken } from './kept-token.ts'
import { RefreshSchema } from './refresh-schema.tsx'
import { RunOnCtrlEnter } from './run-on-ctrl-enter.tsx'
import { TokenBar } from './token-bar.tsx'

/** The whole page: the bar with the token, and GraphiQL with a tab for each example operation. */
export function ExplorerPage({ operations }: { operations: ReadonlyArray<ExampleOperation> }) {
  const [token, setToken] = useState(readToken)
  const [settledToken, setSettledToken] = useState(token)
  const [notice, setNotice] = useState('')

  const changeToken = (changed: string) => {
    keepToken(changed)
    setToken(changed)
    setNotice('')
  }
  const settle = useCallback((settled: string, because: string) => {
    keepToken(settled)
    setToken(settled)
    setSettledToken(settled)
    setNotice(because)
  }, [])
  const fetcher = useMemo(
    () =>
      createFetcher({
        onSignedIn: (sessionToken) => settle(sessionToken, 'Signed in: requests now carry your session token.'),
        onSignedOut: () => settle('', 'Signed out.'),
        onTokenRejected: () => settle('', 'That token is unknown or has ended, and was taken out: sign in again.'),
      }),
    [settle],
  )
  const initial = useMemo(() => initialTabs(operations), [operations])

  return (
    <>
      <TokenBar token={token} notice={notice} onChange={changeToken} onSettled={() => setSettledToken(readToken())} />
      <main className="explorer">
        {/* All that GraphiQL keeps (variables may hold a password) ends with the browser tab, like the token; and its
            own places for secrets, the header editor and the history of variables, are off. */}
        <GraphiQL
          fetcher={fetcher}
          storage={sessionStorage}
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
          isHeadersEditorEnabled={false}
          plugins={[]}
          inputValueDeprecation
          schemaDescription
          {...initial}
        >
          <GraphiQL.Logo>GraphiQL</GraphiQL.Logo>
          <RefreshSchema token={settledToken} />
          <RunOnCtrlEnter />
        </GraphiQL>
      </main>
    </>
  )
}

type InitialTabs = Pick<GraphiQLProps, 'defaultTabs' | 'initialQuery' | 'initialVariables'>

/** The example operations as tabs; nothing after a reload, when GraphiQL has the tabs as they were left. */
function initialTabs(operations: ReadonlyArray<ExampleOperation>): InitialTabs {
  const [first] = operations
  if (first === undefined || sessionStorage.getItem('graphiql:tabState') !== null) return {}
  return {
    defaultTabs: operations.map(({ source, variables = '' }) => ({ query: source, variables })),
    // GraphiQL fills its editors from the first default tab with the query alone.
    initialQuery: first.source,
    initialVariables: first.variables ?? '',
  }
}
