import { CircleCheck } from 'lucide-preact'
import type { Overview } from '../../api/types'
import { sum } from '../../lib/chart'
import { href } from '../../router/hash'
import { ButtonLink } from '../../ui/button'
import { Panel } from '../../ui/panel'
import './attention.css'
import './first-steps.css'

/** Whether the account still lacks a destination or a rule, and has no deliveries. */
export const isNew = ({ destinations, rules, totals }: Overview): boolean =>
  (destinations.total === 0 || rules.total === 0) && sum(totals) === 0

/** The steps to the first delivery of an account. */
export function FirstSteps({ overview: { destinations, rules } }: { overview: Overview }) {
  const steps = [
    {
      done: destinations.total > 0,
      title: 'Add a destination',
      text: 'Add and verify a webhook, an email address, a phone number or a chat channel.',
      action: 'Add destination',
      to: href('/destinations', { add: 'choose' }),
    },
    {
      done: rules.total > 0,
      title: 'Create a rule',
      text: 'A rule sends events of the types you choose to your destinations.',
      action: 'Create rule',
      to: href('/rules/new'),
    },
    {
      done: false,
      title: 'Post an event',
      text: 'Watch it arrive, with all attempts.',
      action: 'Post event',
      to: href('/events', { post: 1 }),
    },
  ]
  const next = steps.findIndex(step => !step.done)
  return (
    <Panel title="First steps" flush>
      <ol class="steps">
        {steps.map((step, index) => (
          <li key={step.title} class="step">
            <span class={step.done ? 'step-mark step-done' : 'step-mark'}>
              {step.done ? <CircleCheck size={20} role="img" aria-label="Done" /> : index + 1}
            </span>
            <div class="attention-text">
              <p class="attention-title">{step.title}</p>
              <p class="muted">{step.text}</p>
            </div>
            {!step.done && (
              <ButtonLink size="s" variant={index === next ? 'primary' : 'secondary'} href={step.to}>
                {step.action}
              </ButtonLink>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  )
}
