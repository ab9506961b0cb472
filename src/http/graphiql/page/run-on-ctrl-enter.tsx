import { useGraphiQLActions } from '@graphiql/react'
import { useEffect } from 'react'

/** Ctrl-Enter (or Cmd-Enter) runs the operation from anywhere on the page; the editors have it by themselves. */
export function RunOnCtrlEnter() {
  const { run } = useGraphiQLActions()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isShortcut = event.key === 'Enter' && (event.ctrlKey || event.metaKey)
      if (!isShortcut || event.defaultPrevented || event.repeat) return
      event.preventDefault()
      void run()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [run])
  return null
}
