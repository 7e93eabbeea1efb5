const numbers = new Intl.NumberFormat('en')

/** `1,234`. */
export const count = (n: number): string => numbers.format(n)

/** `1 rule`, `2 rules`, `2 deliveries`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}
