import { type ReactNode, useState } from 'react'
import type { Fetcher } from './create-fetcher.ts'
import faviconUrl from './favicon.svg'
import { operationEditorId } from './operation-editor-id.ts'
import { SignInDialog } from './sign-in-dialog.tsx'

interface PageHeaderProps {
  isSignedIn: boolean
  /** A sentence about the token, which screen readers announce; empty for none. */
  notice: string
  fetcher: Fetcher
  onSignOut: () => void
  /** The place for the token. */
  children: ReactNode
}

/** The bar above GraphiQL: the name of the page, sign-in and sign-out, and the place for the token. */
export function PageHeader({ isSignedIn, notice, fetcher, onSignOut, children }: PageHeaderProps) {
  const [isDialogOpen, setIsDialogOpen] = useState(false)
  return (
    <header className="page-header">
      <a className="skip-link" href={`#${operationEditorId}`}>
        Skip to the editor
      </a>
      <img src={faviconUrl} alt="" width="22" height="22" />
      <h1>Postern</h1>
      <p className="notice" role="status">
        {notice}
      </p>
      {/* One button, so that it keeps the focus when its label changes. */}
      <button
        type="button"
        className={isSignedIn ? '' : 'primary'}
        onClick={isSignedIn ? onSignOut : () => setIsDialogOpen(true)}
      >
        {isSignedIn ? 'Sign out' : 'Sign in'}
      </button>
      {children}
      {isDialogOpen && <SignInDialog fetcher={fetcher} onClose={() => setIsDialogOpen(false)} />}
    </header>
  )
}
