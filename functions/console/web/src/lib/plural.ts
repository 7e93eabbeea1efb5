const numbers = new Intl.NumberFormat('en')

/** `1,234`. */
export const count = (n: number): string => numbers.format(n)

/** `1 rule`, `2 rules`, `2 deliveries`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** What the API says of a failure (`answered 503 Service Unavailable`) as a sentence. */
export function asSentence(reason: string): string {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1)
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
