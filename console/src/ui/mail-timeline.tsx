import { CircleAlert, Mail, MailCheck } from 'lucide-preact'
import { ApiError } from '../api/error'
import { readTimeline } from '../api/exact'
import { useGet } from '../api/hooks'
import { mailFacts, mailTone } from '../lib/mail'
import { ErrorState, Skeleton } from './states'
import { Time } from './time'
import { Timeline, TimelineEntry } from './timeline'

/** The timeline of a mail (`msg_…`), oldest step first. */
export function MailTimeline({ id }: { id: string }) {
  const { data, error, mutate } = useGet(
    '/mail/messages/{id}/timeline',
    { params: { path: { id } } },
    { read: readTimeline },
  )
  if (error instanceof ApiError && error.status === 404) return <p class="muted">No mail has been sent yet.</p>
  if (!data) return error ? <ErrorState error={error} onRetry={() => void mutate()} /> : <Skeleton />
  return (
    <Timeline label="Timeline of the mail, oldest first">
      {data.map(({ type, label, createdAt, metadata }) => {
        const tone = mailTone(type)
        return (
          <TimelineEntry
            key={`${type} ${createdAt}`}
            tone={tone}
            icon={tone === 'red' ? CircleAlert : tone === 'green' ? MailCheck : Mail}
          >
            <p class="spread">
              <strong>{label}</strong>
              <span class="muted">
                <Time at={createdAt} />
              </span>
            </p>
            {mailFacts(metadata).map(([name, value]) => (
              <p key={name} class="muted mail-fact">{`${name}: ${value}`}</p>
            ))}
          </TimelineEntry>
        )
      })}
    </Timeline>
  )
}
