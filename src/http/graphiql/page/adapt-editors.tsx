import { useGraphiQL } from '@graphiql/react'
import { AdaptEditor } from './adapt-editor.tsx'
import { operationEditorId } from './operation-editor-id.ts'

/** Makes the editors readable in narrow panes, and usable by keyboard and with screen readers. */
export function AdaptEditors() {
  const queryEditor = useGraphiQL((state) => state.queryEditor)
  const variableEditor = useGraphiQL((state) => state.variableEditor)
  return (
    <>
      <AdaptEditor editor={queryEditor} label="Operation" id={operationEditorId} />
      <AdaptEditor editor={variableEditor} label="Variables" id="variable-editor" />
    </>
  )
}
