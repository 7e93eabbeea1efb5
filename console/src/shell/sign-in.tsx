import { useEffect, useState } from 'preact/hooks'
import { useAction } from '../api/action'
import { api, call } from '../api/client'
import { session, signIn } from '../api/session'
import { useStore } from '../lib/store'
import { Button } from '../ui/button'
import { TextField } from '../ui/field'
import { FormError, Notice } from '../ui/states'
import { Logo } from './logo'
import { ThemeChoice } from './theme-choice'
import './sign-in.css'

/** Asks for a key and checks it before storing it. */
export function SignIn() {
  const { ended } = useStore(session)
  const [key, setKey] = useState('')
  const [empty, setEmpty] = useState(false)
  const check = useAction(
    async (key: string) => {
      await call(api.GET('/v1/whoami', { headers: { Authorization: `Bearer ${key}` } }))
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
        {ended && !check.error && <Notice tone="warn">{`You were signed out. ${ended}`}</Notice>}
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
          hint="The key is stored only in this tab, until you sign out or close it."
        />
        <FormError error={check.error} />
        <Button variant="primary" type="submit" busy={check.busy}>
          Sign in
        </Button>
      </form>
      <ThemeChoice />
    </main>
  )
}
