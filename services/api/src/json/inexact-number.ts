/** Stands in a parsed body for a number that a double cannot carry as it was written. */
export class InexactNumber {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

/** Whether the number that was written differs from the number that was understood: too many digits, or out of range. */
export function isInexact(source: string, value: number): boolean {
  if (!Number.isFinite(value)) return true
  return decimalOf(source) !== decimalOf(String(value))
}

/** Digits without leading and trailing zeros, and their exponent: one text for each decimal number. Signs are equal anyway. */
function decimalOf(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  return `${significant}e${Number(exponent) - fraction.length + (digits.length - significant.length)}`
}
