import { useState } from 'react'

interface TokenFieldProps {
  token: string
  /** Called at every key stroke. */
  onChange: (token: string) => void
  /** Called when the person is done with the input. */
  onSettled: () => void
}

/** The place for a session token or an access token. */
export function TokenField({ token, onChange, onSettled }: TokenFieldProps) {
  const [isShown, setIsShown] = useState(false)
  return (
    <div className="token">
      <label htmlFor="token">Token</label>
      <div className="token-field">
        <input
          id="token"
          type={isShown ? 'text' : 'password'}
          value={token}
          placeholder="Session or access token"
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
    </div>
  )
}

/** The token alone, also if a whole header was pasted. */
function bareToken(text: string): string {
  return text.replace(/^\s*(authorization:\s*)?bearer\s+/i, '').trim()
}
