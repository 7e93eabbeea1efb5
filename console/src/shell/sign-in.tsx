import { useEffect, useState } from 'preact/hooks'
import { useAction } from '../api/action'
import { api, call } from '../api/client'
import { ApiError } from '../api/error'
import { session, signIn } from '../api/session'
import { useStore } from '../lib/store'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { FormError, Notice } from '../ui/states'
import { Logo } from './logo'
import { ThemeChoice } from './theme-choice'
import './sign-in.css'

/** Checks a key with a request. */
async function probe(key: string): Promise<void> {
  try {
    await call(api.GET('/v1/whoami', { headers: { Authorization: `Bearer ${key}` } }))
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    throw new ApiError(
      401,
      error.code,
      'This key is not valid. It may be incomplete, revoked or expired. Check it, or ask an admin of your account for a new one.',
    )
  }
}

/** Asks for a key and checks it before storing it. */
export function SignIn() {
  const { ended } = useStore(session)
  const [key, setKey] = useState('')
  const [empty, setEmpty] = useState(false)
  const check = useAction(
    async (key: string) => {
      await probe(key)
      signIn(key)
    },
    { quiet: true },
  )
  useEffect(() => {
    document.title = 'Sign in · STACK Notifications'
  }, [])
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    setEmpty(key.trim() === '')
    if (key.trim() !== '' && !check.busy) void check.run(key.trim())
  }
  return (
    <main class="sign-in">
      <form class="sign-in-card" noValidate onSubmit={submit}>
        <Logo />
        <div>
          <h1>Sign in</h1>
          <p class="muted">Use an API key of your account.</p>
        </div>
        {ended && !check.error && (
          <Notice tone="warn">You were signed out, because your key was revoked or has expired.</Notice>
        )}
        <TextField
          label="API key"
          type="password"
          name="api-key"
          autocomplete="off"
          spellcheck={false}
          autofocus
          placeholder="sk_live_…"
          value={key}
          onValue={setKey}
          error={empty ? 'Enter your key. It starts with sk_live_.' : null}
          hint="Other tabs of the console share the key. Signing out, or closing the last tab, removes it."
        />
        <FormError error={check.error} />
        <details class="sign-in-help">
          <summary>Where do I get a key?</summary>
          <p>
            An admin of your account creates keys on the page Keys of this console. The first key of an account comes
            from whoever operates this deployment.
          </p>
        </details>
        <Button variant="primary" type="submit" busy={check.busy}>
          Sign in
        </Button>
      </form>
      <ThemeChoice />
    </main>
  )
}
