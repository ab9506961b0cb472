import { GraphiQL, type GraphiQLProps } from 'graphiql'
import { useCallback, useMemo, useState } from 'react'
import type { ExampleOperation } from '../example-operation.ts'
import { AdaptEditors } from './adapt-editors.tsx'
import { createFetcher } from './create-fetcher.ts'
import { createOperationsPlugin } from './create-operations-plugin.tsx'
import { keepToken, readToken } from './kept-token.ts'
import { PageHeader } from './page-header.tsx'
import { RefreshSchema } from './refresh-schema.tsx'
import { RunOnCtrlEnter } from './run-on-ctrl-enter.tsx'
import { signOut } from './sign-out.ts'
import { TokenField } from './token-field.tsx'

/** The whole page: the header, and GraphiQL with the example operations in its sidebar. */
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
        onSignedIn: (sessionToken) => settle(sessionToken, 'Signed in. Requests send your session token.'),
        onSignedOut: () => settle('', 'Signed out.'),
        onTokenRejected: () => settle('', 'The token is unknown or has expired. Please sign in again.'),
      }),
    [settle],
  )
  const endSession = async () => {
    const { problem, forgetsToken } = await signOut(fetcher)
    if (forgetsToken) settle('', problem)
    else if (problem !== '') setNotice(problem)
  }
  const initial = useMemo(() => initialTab(operations), [operations])
  const plugins = useMemo(() => [createOperationsPlugin(operations)], [operations])

  return (
    <>
      <PageHeader isSignedIn={token !== ''} notice={notice} fetcher={fetcher} onSignOut={endSession}>
        <TokenField token={token} onChange={changeToken} onSettled={() => setSettledToken(readToken())} />
      </PageHeader>
      <main className="explorer">
        {/* All that GraphiQL stores (variables may contain a password) ends with the browser tab, like the token; and
            its own places for secrets, the header editor and the history of variables, are off. */}
        <GraphiQL
          fetcher={fetcher}
          storage={sessionStorage}
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
          isHeadersEditorEnabled={false}
          defaultEditorToolsVisibility="variables"
          plugins={plugins}
          visiblePlugin="Operations"
          inputValueDeprecation
          schemaDescription
          {...initial}
        >
          <GraphiQL.Logo>GraphiQL</GraphiQL.Logo>
          <AdaptEditors />
          <RefreshSchema token={settledToken} />
          <RunOnCtrlEnter />
        </GraphiQL>
      </main>
    </>
  )
}

type InitialTab = Pick<GraphiQLProps, 'defaultTabs' | 'initialQuery' | 'initialVariables'>

/** The first example operation; nothing after a reload, because GraphiQL stores its tabs. */
function initialTab(operations: ReadonlyArray<ExampleOperation>): InitialTab {
  const [first] = operations
  if (first === undefined || sessionStorage.getItem('graphiql:tabState') !== null) return {}
  const { source, variables = '' } = first
  // GraphiQL fills its editors from the default tab with the query alone.
  return { defaultTabs: [{ query: source, variables }], initialQuery: source, initialVariables: variables }
}
