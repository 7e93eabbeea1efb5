import { useEffect } from 'preact/hooks'
import { SWRConfig } from 'swr'
import { Route, Router, Switch } from 'wouter-preact'
import { useDestinationKinds } from './api/destination-kinds'
import { ApiError } from './api/error'
import { useGet } from './api/hooks'
import { isFramed, session, signOut } from './api/session'
import { WhoamiContext } from './api/whoami'
import { applyPortalTheme } from './lib/portal-theme'
import { useStore } from './lib/store'
import { AuditPage } from './pages/audit'
import { CataloguePage } from './pages/catalogue'
import { DeliveriesPage } from './pages/deliveries'
import { DestinationsPage } from './pages/destinations'
import { EventsPage } from './pages/events'
import { KeysPage } from './pages/keys'
import { NotFoundPage } from './pages/not-found'
import { OverviewPage } from './pages/overview'
import { ResumePage } from './pages/resume'
import { RulesPage } from './pages/rules'
import { WebhooksPage } from './pages/webhooks'
import { useHashLocation } from './router/hash'
import { PortalEnded } from './shell/portal'
import { Shell } from './shell/shell'
import { SignIn } from './shell/sign-in'
import { Panel } from './ui/panel'
import { ErrorState, Skeleton } from './ui/states'
import { Toasts } from './ui/toasts'
import { UnsavedQuestion } from './ui/unsaved-question'

export function App() {
  const { key, asking, portal } = useStore(session)
  return (
    <>
      {key === null && asking ? null : key === null && (portal || isFramed) ? (
        <PortalEnded ended={portal} />
      ) : key === null ? (
        <SignIn />
      ) : (
        // Each key has its own cache, so that no data of one key is shown to the next.
        <SWRConfig key={key} value={swrConfig}>
          <SignedIn />
        </SWRConfig>
      )}
      <Toasts />
      <UnsavedQuestion />
    </>
  )
}

const swrConfig = {
  provider: () => new Map(),
  // Retry only errors that may be temporary.
  shouldRetryOnError: (error: Error) => error instanceof ApiError && (error.status === 0 || error.status >= 500),
  errorRetryInterval: 8000,
}

function SignedIn() {
  const { data: whoami, error, mutate } = useGet('/v1/whoami', undefined, { refreshEvery: 0 })
  const theme = whoami?.theme
  useEffect(() => (theme ? applyPortalTheme(theme) : undefined), [theme])
  return (
    <WhoamiContext.Provider value={whoami ?? null}>
      <Shell>
        {whoami ? (
          <Pages />
        ) : (
          <div class="page">
            <Panel flush>
              {error ? (
                <ErrorState error={error} onRetry={() => void mutate()} onSignOut={signOut} />
              ) : (
                <Skeleton lines={9} />
              )}
            </Panel>
          </div>
        )}
      </Shell>
    </WhoamiContext.Provider>
  )
}

/** Each entry of the navigation has a folder in `pages` with all pages below it. */
function Pages() {
  // Fetch the kinds early: most pages show their names.
  useDestinationKinds()
  return (
    <Router hook={useHashLocation}>
      <Switch>
        <Route path="/" component={OverviewPage} />
        <Route path="/deliveries/:id?">{({ id }) => <DeliveriesPage id={id} />}</Route>
        <Route path="/events/:id?">{({ id }) => <EventsPage id={id} />}</Route>
        <Route path="/destinations/:id?">{({ id }) => <DestinationsPage id={id} />}</Route>
        <Route path="/resume" component={ResumePage} />
        <Route path="/rules/:id?">{({ id }) => <RulesPage id={id} />}</Route>
        <Route path="/catalogue" component={CataloguePage} />
        <Route path="/webhooks/:id?">{({ id }) => <WebhooksPage id={id} />}</Route>
        <Route path="/keys" component={KeysPage} />
        <Route path="/audit" component={AuditPage} />
        <Route>
          <NotFoundPage />
        </Route>
      </Switch>
    </Router>
  )
}
