interface Decimal {
  /** The number without its point. */
  readonly digits: bigint
  /** How many of the digits stand after the point. */
  readonly scale: number
}

/**
 * The exact sum of two decimals, each digits with an optional sign and fraction. Answers in the shortest form: no
 * trailing zeros after the point, no point without a fraction, no negative zero.
 */
export function addDecimals(a: string, b: string): string {
  const left = parseDecimal(a)
  const right = parseDecimal(b)
  const scale = Math.max(left.scale, right.scale)
  return writeDecimal({ digits: digitsAt(left, scale) + digitsAt(right, scale), scale })
}

/** Rewrites a number as JavaScript prints it, such as `5e-7`, without an exponent. */
export function expandExponent(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (match === null) return text
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const pointAt = whole.length + Number(exponent)
  const digits = `${'0'.repeat(Math.max(0, 1 - pointAt))}${whole}${fraction}`
  const point = Math.max(1, pointAt)
  const padded = digits.padEnd(point, '0')
  return `${sign}${padded.slice(0, point)}${padded.length > point ? `.${padded.slice(point)}` : ''}`
}

function parseDecimal(text: string): Decimal {
  const [whole = '', fraction = ''] = text.replace('+', '').split('.')
  return { digits: BigInt(`${whole}${fraction}`), scale: fraction.length }
}

function digitsAt({ digits, scale }: Decimal, wantedScale: number): bigint {
  return digits * 10n ** BigInt(wantedScale - scale)
}

function writeDecimal({ digits, scale }: Decimal): string {
  if (scale === 0) return digits.toString()
  const sign = digits < 0n ? '-' : ''
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const fraction = text.slice(-scale).replace(/0+$/, '')
  const whole = text.slice(0, -scale)
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}
