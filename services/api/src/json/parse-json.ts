import { isUtf8 } from 'node:buffer'
import { ProblemError } from '../problem-error.ts'
import { findJsonError } from './find-json-error.ts'
import { InexactNumber, isInexact } from './inexact-number.ts'

/**
 * A number that a double might not carry: with an exponent, or of 16 digits and more. Looked for in the raw text, so
 * that ordinary bodies are spared the look at each number. It may take a text for a number, which costs time only.
 */
const SUSPICIOUS_NUMBER = /[:[,\s]-?(?:\d+(?:\.\d*)?[eE]|(?:\d\.?){16})/

/** Parses a body. A number that is not exactly what was written is an InexactNumber. Throws INVALID_JSON with the position. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new ProblemError('INVALID_JSON', { detail: 'The body is not UTF-8.' })
  const text = body.toString('utf8')
  try {
    return SUSPICIOUS_NUMBER.test(text)
      ? JSON.parse(text, markInexact as Reviver)
      : (JSON.parse(text) as unknown)
  } catch (error) {
    throw new ProblemError('INVALID_JSON', { detail: describeError(text), cause: error })
  }
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown

// n.b. The third argument is newer than the types of JSON.parse: it has the text that the value was read from.
function markInexact(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context.source === undefined) return value
  return isInexact(context.source, value) ? new InexactNumber(context.source) : value
}

function describeError(text: string): string {
  if (text.trim() === '') return 'The body is empty; JSON was expected.'
  const position = positionOf(text)
  if (position === null) return 'The body is not well-formed JSON.'
  if (position >= text.length) return `The body ends at position ${position}, before the JSON is complete.`
  const before = text.slice(0, position).split('\n')
  const place = `position ${position} (line ${before.length}, column ${(before.at(-1) ?? '').length + 1})`
  return `The body is not well-formed JSON: unexpected ${nameOf(text.codePointAt(position) ?? 0)} at ${place}.`
}

/** A character as one can see it: a byte order mark, for one, is invisible. */
function nameOf(codePoint: number): string {
  if (codePoint > 0x20 && codePoint < 0x7f) return JSON.stringify(String.fromCodePoint(codePoint))
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}

function positionOf(text: string): number | null {
  try {
    return findJsonError(text)
  } catch {
    // A text of many megabytes can be too long for the regular expression; the error is one without a position then.
    return null
  }
}
