const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const relativeFormat = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const absoluteFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})
const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const hourFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayHourFormat = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})

/** `5 minutes ago`, `in 2 hours`, `just now`. After 30 days, the date. */
export function relative(time: string, now: number): string {
  const at = Date.parse(time)
  const gap = at - now
  const size = Math.abs(gap)
  // Clocks differ slightly: a recent event must not appear to be in the future.
  if (size < 10 * SECOND) return gap > 2 * SECOND ? 'in a moment' : 'just now'
  if (size < MINUTE) return relativeFormat.format(Math.trunc(gap / SECOND), 'second')
  if (size < HOUR) return relativeFormat.format(Math.trunc(gap / MINUTE), 'minute')
  if (size < DAY) return relativeFormat.format(Math.trunc(gap / HOUR), 'hour')
  if (size < 30 * DAY) return relativeFormat.format(Math.trunc(gap / DAY), 'day')
  return day(time)
}

/** The full date and time, in the user's time zone. */
export const absolute = (time: string): string => absoluteFormat.format(new Date(time))
/** `14:05:09`. */
export const clock = (time: string): string => clockFormat.format(new Date(time))
/** `14:05`. */
export const hour = (time: string): string => hourFormat.format(new Date(time))
/** `4 Mar`. */
export const day = (time: string): string => dayFormat.format(new Date(time))
/** `Wed 4 Mar, 14:05`. */
export const dayHour = (time: string): string => dayHourFormat.format(new Date(time))

const weekdayHourFormat = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' })
/** `Wed 14:05`. */
export const weekdayHour = (time: string): string => weekdayHourFormat.format(new Date(time)).replace(',', '')

/** A duration: `85 ms`, `1.2 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`
  if (ms < 9.95 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < HOUR) return pair(ms, MINUTE, 'min', SECOND, 's')
  if (ms < DAY) return pair(ms, HOUR, 'h', MINUTE, 'min')
  return pair(ms, DAY, 'd', HOUR, 'h')
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  return `${Math.floor(ms / large)} ${largeName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`
}

/** A time as the value of `<input type="datetime-local">`: in the user's time zone, to the minute. */
export function toLocalInput(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * MINUTE)
  return local.toISOString().slice(0, 16)
}

/** The time of such a value, as the API expects it (RFC 3339); null if it is empty or invalid. */
export function fromLocalInput(text: string): string | null {
  const at = new Date(/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? text : '')
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}
