const numbers = new Intl.NumberFormat('en')
const compact = new Intl.NumberFormat('en', { notation: 'compact' })

/** `1,234`. */
export const count = (n: number): string => numbers.format(n)

/** For narrow places: `1,234`, `20K`, `1.5M`. */
export const shortCount = (n: number): string => (n < 10_000 ? numbers : compact).format(n)

/** `1 rule`, `2 rules`, `2 deliveries`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** Turns a reason of the API (`answered 503 Service Unavailable`) into a sentence. */
export function asSentence(reason: string): string {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1)
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
