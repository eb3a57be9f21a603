import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { addDecimals, expandExponent } from './add-decimals.ts'

test.each([
  ['0.1', '0.2', '0.3'],
  ['1', '2.50', '3.5'],
  ['-1', '1', '0'],
  ['-0.5', '0.5', '0'],
  ['-0.1', '-0.02', '-0.12'],
  ['+7', '-0', '7'],
  ['007', '0.10', '7.1'],
  ['0.999', '0.001', '1'],
  ['-0.001', '0.0005', '-0.0005'],
  ['123456789012345678901234567890', '1', '123456789012345678901234567891'],
])('%s + %s is %s', (a, b, sum) => {
  expect(addDecimals(a, b)).toBe(sum)
})

test('the sum of any two decimals is what integers of a common scale give, in its shortest form', () => {
  const decimal = fc.tuple(
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
    fc.integer({ min: 0, max: 30 }),
  )
  fc.assert(
    fc.property(decimal, decimal, ([a, aScale], [b, bScale]) => {
      const sum = addDecimals(write(a, aScale), write(b, bScale))
      expect(sum).toMatch(/^(?!-0$)-?(0|[1-9]\d*)(\.\d*[1-9])?$/)
      expect(scaled(sum, 60)).toBe(a * 10n ** BigInt(60 - aScale) + b * 10n ** BigInt(60 - bScale))
    }),
  )
})

test.each([
  ['5e-7', '0.0000005'],
  ['-1.25e-7', '-0.000000125'],
  ['1e+21', '1000000000000000000000'],
  ['1.5e+21', '1500000000000000000000'],
  ['12.5', '12.5'],
])('%s is written as %s', (text, written) => {
  expect(expandExponent(text)).toBe(written)
})

test('expanding an exponent keeps the number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const text = expandExponent(String(number))
      expect(text).toMatch(/^-?\d+(\.\d+)?$/)
      expect(Number(text)).toBe(number === 0 ? 0 : number)
    }),
  )
})

function write(digits: bigint, scale: number): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const sign = digits < 0n ? '-' : ''
  return scale === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`
}

function scaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(scale, '0'))
}
