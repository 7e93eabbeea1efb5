import type { Kind } from '../../../api/types'

/** What can be added; `signed_webhook` is the Providers API's webhook, which brings its own secret and headers. */
export type AddKind = Kind | 'signed_webhook'

export type FormField = {
  /** Its name in the form, and among the server's errors. */
  name: string
  label: string
  hint?: string
  placeholder?: string
  type?: 'text' | 'url' | 'email' | 'tel' | 'password' | 'lines' | 'threshold' | 'project'
}

export type KindForm = {
  kind: AddKind
  /** Whose icon it has. */
  face: Kind
  label: string
  /** What it is, in a few words. */
  what: string
  /** What one should know before one adds it. */
  note?: string
  fields: readonly FormField[]
}

const NAME = { name: 'name', label: 'Name', placeholder: '#incidents' } as const
const ANALYSES =
  'It belongs to a project. Besides what rules send, it gets every analysis of that project, from the chosen severity up.'

const project: FormField = {
  name: 'X-Project-Id',
  label: 'Project id',
  type: 'project',
  hint: 'The project whose channel it is.',
}
const threshold: FormField = { name: 'severityThreshold', label: 'Analyses from', type: 'threshold' }

/** The forms, in the order in which they are offered. */
export const forms: readonly KindForm[] = [
  {
    kind: 'webhook',
    face: 'webhook',
    label: 'Webhook',
    what: 'Signed requests to a URL',
    fields: [
      {
        name: 'destination',
        label: 'URL',
        type: 'url',
        placeholder: 'https://example.com/hooks/stack',
        hint: 'It gets a POST for every notification. The secret that signs them is shown once it is added.',
      },
    ],
  },
  {
    kind: 'email',
    face: 'email',
    label: 'Email',
    what: 'An address, by a code',
    fields: [{ name: 'destination', label: 'Email address', type: 'email', placeholder: 'alerts@example.com' }],
  },
  {
    kind: 'sms',
    face: 'sms',
    label: 'Text message',
    what: 'A phone, by a code',
    fields: [
      {
        name: 'destination',
        label: 'Phone number',
        type: 'tel',
        placeholder: '+14155551234',
        hint: 'With + and the country code.',
      },
    ],
  },
  {
    kind: 'slack',
    face: 'slack',
    label: 'Slack',
    what: 'A channel of a workspace',
    fields: [
      NAME,
      {
        name: 'config.webhookUrl',
        label: 'Webhook URL',
        type: 'url',
        placeholder: 'https://hooks.slack.com/services/…',
        hint: 'Slack makes it for you: your app, Incoming Webhooks. It is stored encrypted.',
      },
    ],
  },
  {
    kind: 'teams',
    face: 'teams',
    label: 'Microsoft Teams',
    what: 'A channel of a team',
    fields: [
      { ...NAME, placeholder: 'Operations' },
      {
        name: 'config.webhookUrl',
        label: 'Webhook URL',
        type: 'url',
        placeholder: 'https://…',
        hint: 'From the channel’s Workflows: “When a Teams webhook request is received”. It is stored encrypted.',
      },
    ],
  },
  {
    kind: 'discord',
    face: 'discord',
    label: 'Discord',
    what: 'A channel of a server',
    note: ANALYSES,
    fields: [
      { ...NAME, placeholder: '#alerts' },
      {
        name: 'credentials.webhookUrl',
        label: 'Webhook URL',
        type: 'url',
        placeholder: 'https://discord.com/api/webhooks/…',
        hint: 'From the channel’s settings, Integrations. It is stored encrypted.',
      },
      project,
      threshold,
    ],
  },
  {
    kind: 'google_chat',
    face: 'google_chat',
    label: 'Google Chat',
    what: 'A space of your team',
    note: ANALYSES,
    fields: [
      { ...NAME, placeholder: 'On-call space' },
      {
        name: 'credentials.webhookUrl',
        label: 'Webhook URL',
        type: 'url',
        placeholder: 'https://chat.googleapis.com/v1/spaces/…',
        hint: 'From the space’s Apps & integrations, Webhooks. It is stored encrypted.',
      },
      project,
      threshold,
    ],
  },
  {
    kind: 'signed_webhook',
    face: 'webhook',
    label: 'Custom webhook',
    what: 'Your own secret and headers',
    fields: [
      { ...NAME, placeholder: 'Pager' },
      { name: 'config.url', label: 'URL', type: 'url', placeholder: 'https://example.com/ingest' },
      {
        name: 'config.secret',
        label: 'Secret (optional)',
        type: 'password',
        hint: 'Signs each body: X-Kaireon-Signature: sha256=…',
      },
      {
        name: 'config.headers',
        label: 'Headers (optional)',
        type: 'lines',
        placeholder: 'X-Token: abc',
        hint: 'One a line, as Name: value. Their values are stored encrypted.',
      },
    ],
  },
  {
    kind: 'ops_email',
    face: 'ops_email',
    label: 'Team email',
    what: 'One mail to several people',
    fields: [
      { ...NAME, placeholder: 'Operations' },
      {
        name: 'config.fromEmail',
        label: 'From',
        type: 'email',
        placeholder: 'ops-alerts@example.com',
        hint: 'An address of a domain that this deployment may send from.',
      },
      { name: 'config.toEmails', label: 'To', type: 'lines', placeholder: 'oncall@example.com', hint: 'One a line.' },
    ],
  },
]

export const formOf = (kind: string): KindForm | undefined => forms.find(form => form.kind === kind)
