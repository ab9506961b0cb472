import { useState } from 'react'
import faviconUrl from './favicon.svg'

interface TokenBarProps {
  token: string
  /** A sentence about the token, said aloud by screen readers; empty for none. */
  notice: string
  /** Called at every key stroke. */
  onChange: (token: string) => void
  /** Called when the person has done with the input. */
  onSettled: () => void
}

/** The bar above GraphiQL: whose page it is, and the place for the token. */
export function TokenBar({ token, notice, onChange, onSettled }: TokenBarProps) {
  const [isShown, setIsShown] = useState(false)
  return (
    <header className="token-bar">
      <img className="token-bar-mark" src={faviconUrl} alt="" width="22" height="22" />
      <h1 className="token-bar-name">Postern</h1>
      <span className="token-bar-notice" role="status">
        {notice}
      </span>
      <label className="token-bar-label" htmlFor="token">
        Token
      </label>
      <div className="token-bar-field">
        <input
          id="token"
          aria-label="Token"
          type={isShown ? 'text' : 'password'}
          value={token}
          placeholder="Session or organization token"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={(event) => onChange(bareToken(event.target.value))}
          onBlur={onSettled}
          onKeyDown={(event) => event.key === 'Enter' && onSettled()}
        />
        <button type="button" aria-pressed={isShown} aria-label="Show token" onClick={() => setIsShown(!isShown)}>
          {isShown ? 'Hide' : 'Show'}
        </button>
      </div>
    </header>
  )
}

/** The token alone, also where a whole header was pasted. */
function bareToken(text: string): string {
  return text.replace(/^\s*(authorization:\s*)?bearer\s+/i, '').trim()
}
