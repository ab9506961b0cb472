import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { Fetcher } from './create-fetcher.ts'
import { problemsIn } from './send-operation.ts'

const document = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { sessionToken userErrors { message } }
}`

interface SignInDialogProps {
  /** The session token of a successful sign-in is for the fetcher's listener. */
  fetcher: Fetcher
  onClose: () => void
}

/** The form for username and password. It is forgotten when it closes, and so is the password. */
export function SignInDialog({ fetcher, onClose }: SignInDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [problem, setProblem] = useState('')
  const [isSending, setIsSending] = useState(false)
  useEffect(() => dialog.current?.showModal(), [])

  const signIn = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const input = { username: form.get('username'), password: form.get('password') }
    setProblem('')
    setIsSending(true)
    const sentences = await fetcher({ query: document, operationName: 'SignIn', variables: { input } }).then(
      (response) => problemsIn(response, 'signIn'),
      (error: Error) => error.message,
    )
    setIsSending(false)
    if (sentences === '') dialog.current?.close()
    else setProblem(sentences)
  }

  return (
    <dialog ref={dialog} className="sign-in" aria-labelledby="sign-in-title" onClose={onClose}>
      <form onSubmit={signIn}>
        <h2 id="sign-in-title">Sign in</h2>
        <label>
          Username
          <input name="username" required autoComplete="username" autoCapitalize="off" spellCheck={false} />
        </label>
        <label>
          Password
          <input name="password" required type="password" autoComplete="current-password" />
        </label>
        <p className="sign-in-problem" role="alert">
          {problem}
        </p>
        <div className="sign-in-buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={isSending}>
            Sign in
          </button>
        </div>
      </form>
    </dialog>
  )
}
