import { type MonacoEditor, useMonaco } from '@graphiql/react'
import { useEffect } from 'react'

interface AdaptEditorProps {
  editor: MonacoEditor | undefined
  /** The name of the editor for screen readers. */
  label: string
  id: string
}

// Escape closes these first.
const nothingIsOpen = [
  '!suggestWidgetVisible',
  '!findWidgetVisible',
  '!parameterHintsVisible',
  '!renameInputVisible',
  '!editorHasSelection',
  '!editorHasMultipleSelections',
].join(' && ')

/**
 * Wraps long lines of an editor, and names it. In GraphiQL, Enter leads from the frame of an editor into it, and Tab
 * indents there: so Escape leads back to the frame, from which Tab continues.
 */
export function AdaptEditor({ editor, label, id }: AdaptEditorProps) {
  const monaco = useMonaco((state) => state.monaco)
  useEffect(() => {
    if (!editor || !monaco) return
    editor.updateOptions({ wordWrap: 'on', ariaLabel: `${label}. Press Escape to leave.` })
    const frame = editor.getContainerDomNode()
    frame.id = id
    frame.role = 'group'
    frame.ariaLabel = `${label}. Press Enter to edit.`
    const action = editor.addAction({
      id: 'leave-editor',
      label: 'Leave the Editor',
      keybindings: [monaco.KeyCode.Escape],
      precondition: nothingIsOpen,
      run: () => frame.focus(),
    })
    return () => action.dispose()
  }, [editor, monaco, label, id])
  return null
}
