export const CODE_LENGTH = 6

/** The digits of typed or pasted text: `123 456`, `Code: 123456`. */
export const digits = (text: string): string => text.replace(/\D/g, '').slice(0, CODE_LENGTH)
