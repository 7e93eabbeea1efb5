import { CircleCheck } from 'lucide-preact'
import type { Overview } from '../../api/types'
import { sum } from '../../lib/chart'
import { href } from '../../router/hash'
import { ButtonLink } from '../../ui/button'
import { Panel } from '../../ui/panel'
import './attention.css'
import './first-steps.css'

/** Whether there is a step yet to take before anything can be delivered. */
export const isNew = ({ destinations, rules, totals }: Overview): boolean =>
  (destinations.total === 0 || rules.total === 0) && sum(totals) === 0

/** What to do in an account where nothing is delivered yet. */
export function FirstSteps({ overview: { destinations, rules } }: { overview: Overview }) {
  const steps = [
    {
      done: destinations.total > 0,
      title: 'Add a destination',
      text: 'A webhook, an email address, a phone number or a chat channel, and verify it.',
      action: 'Add destination',
      to: href('/destinations', { add: 'choose' }),
    },
    {
      done: rules.total > 0,
      title: 'Write a rule',
      text: 'It says which event types go to which destinations.',
      action: 'Write rule',
      to: href('/rules/new'),
    },
    {
      done: false,
      title: 'Post an event',
      text: 'Then see it arrive, with every attempt.',
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
