import { useGraphiQL, useGraphiQLActions } from '@graphiql/react'
import type { ExampleOperation } from '../example-operation.ts'

/** Returns the title of the active tab, and what opens an operation: in its tab, or else in an empty or new one. */
export function useOpenOperation(): { activeTitle: string; open: (operation: ExampleOperation) => void } {
  const { addTab, changeTab, updateActiveTabValues } = useGraphiQLActions()
  const tabs = useGraphiQL((state) => state.tabs)
  const activeTabIndex = useGraphiQL((state) => state.activeTabIndex)
  const queryEditor = useGraphiQL((state) => state.queryEditor)
  const variableEditor = useGraphiQL((state) => state.variableEditor)

  const open = ({ name, source, variables = '' }: ExampleOperation) => {
    const index = tabs.findIndex(({ title }) => title === name)
    if (index >= 0) {
      if (index !== activeTabIndex) changeTab(index)
      return
    }
    const isActiveEmpty = [queryEditor, variableEditor].every((editor) => !editor?.getValue().trim())
    if (!isActiveEmpty) addTab()
    queryEditor?.setValue(source)
    variableEditor?.setValue(variables)
    // GraphiQL would do this a moment later; until then, the tab would have no title.
    updateActiveTabValues({ query: source, variables, operationName: name })
  }
  return { activeTitle: tabs[activeTabIndex]?.title ?? '', open }
}
