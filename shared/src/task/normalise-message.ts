import { isIPv6 } from 'node:net'
import { nameJson } from './name-json.ts'

/** Longer messages are dumps, and their beginning says what broke. Bounds the work of the expressions below as well. */
const MAX_READ = 4_000

/**
 * A message with a placeholder for everything that differs from one occurrence of a fault to the next: `<id>`,
 * `<number>`, `<text>` for what stands in quotes, `<address>`, `<email>`, `<url>`, `<path>`, `<time>`, `<json>`. What is left are the
 * words of whoever wrote the message, and the HTTP status if it names one. Reads the first 4,000 characters.
 */
export function normaliseMessage(message: string): string {
  const text = nameJson(boundText(message), withPlaceholders)
  return withPlaceholders(text).replaceAll(REPEATED, '$1, …').trim()
}

/** A cut falls between two words, so that half an id is not read as a word. */
function boundText(message: string): string {
  if (message.length <= MAX_READ) return message
  const cut = message.slice(0, MAX_READ)
  return cut.slice(0, Math.max(cut.search(/\S*$/), 0)) || '<id>'
}

function withPlaceholders(text: string): string {
  const parts = REPLACEMENTS.reduce((read, [pattern, name]) => read.replaceAll(pattern, name), text)
  return parts
    .replaceAll(IPV6, (found: string, address: string) => (isIPv6(address) ? '<address>' : found))
    .replaceAll(NUMBER, (found: string, offset: number) => nameNumber(found, parts.slice(0, offset)))
    .replaceAll(WORD, nameWord)
}

/** In this order: what may hold the others comes first. Every expression is linear, or nearly so, in the text's length. */
const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z\d+.-]{1,20}:\/\/[^\s"'`<>]+[^\s"'`<>.,;:!?)\]}]/gi, '<url>'],
  [/"(?:[^"\\\n]|\\.)*"|`[^`\n]*`|“[^”\n]*”|„[^“”\n]*[“”]|«[^»\n]*»/g, '<text>'],
  [/(?<![\p{L}\d])'(?:[^'\n]|(?<=\p{L})'(?=\p{L}))*'(?![\p{L}\d])/gu, '<text>'],
  [/(?<![\p{L}\d])‘(?:[^’\n]|(?<=\p{L})’(?=\p{L}))*’/gu, '<text>'],
  [/(?<![\w.+-])[\w.+-]{1,64}@[a-z\d-]+(?:\.[a-z\d-]+)*/gi, '<email>'],
  [
    /\b(?:\w{3},? )?(?:\d{1,2} \w{3}|\w{3} \d{1,2},?) \d{4},? \d{2}:\d{2}(?::\d{2})?(?: ?(?:GMT|UTC|Z)?(?:[+-]\d{4})?)(?: \([\w ]+\))?/g,
    '<time>',
  ],
  [
    /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?(?![\w-])/g,
    '<time>',
  ],
  [/\b(?:\d{4}\/\d{1,2}\/\d{1,2}|\d{1,2}\/\d{1,2}\/\d{4}|\d{1,2}\.\d{1,2}\.\d{4})\b/g, '<time>'],
  [/(?<![\w:.])\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]m)?(?![\w:.])/gi, '<time>'],
  [/\barn:[\w-]*:[\w-]*:[\w-]*:\d*:[^\s"'`<>,;)]+/g, '<path>'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '<id>'],
  [/\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/gi, '<id>'],
  [/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?::\d{1,5})?(?![\w.]*\w)/g, '<address>'],
  [/(?<![\w\\])(?:[a-z]:[\\/]|\\\\)[^\s"'`<>|*?:;,()]+(?::\d+){0,2}/gi, '<path>'],
  [/(?<![\w<>+=/.~])(?:~|\.{1,2})?(?:\/[\w.@+%=:~-]*[\w@+%=~-])+\/?/g, '<path>'],
  [/(?<![\w/.-])(?:[\w@-][\w.@-]*\/)+[\w-][\w.-]*\.\w{1,5}(?::\d+){0,2}(?![\w/])/g, '<path>'],
  [/(?<![\w.-])[\w-]+\.(?:[cm]?[jt]sx?|json|py|sql)(?::\d+){1,2}(?!\w)/g, '<path>'],
  [/(?<![\w.-])(?:localhost|[a-z\d-]+(?:\.[a-z\d-]+)+):\d{2,5}(?!\w)/gi, '<address>'],
  [
    /(?<=\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|getaddrinfo|host|server) )[a-z\d_-]+(?:\.[a-z\d_-]+)*(?::\d{1,5}|(?<=[.\d][\w-]+))(?!\w)/gi,
    '<address>',
  ],
  [/(?<=\b(?:ENOTFOUND|EAI_AGAIN) )[\w-]+(?:\.[\w-]+)*/g, '<address>'],
  [
    /(?<![\w.-])[a-z\d-]+(?:\.[a-z\d-]+)*\.(?:com|net|org|io|dev|local|internal|example|test|cloud|app|ai|eu|ch|de|fr|uk|us)(?![\w-])/gi,
    '<address>',
  ],
  [/(?<![\w+/=])(?=[A-Za-z/+_=-]*\d)[A-Za-z\d+/_-]{32,}={0,2}(?![\w=])/g, '<id>'],
  [/(?<![\w+/=])[A-Za-z\d+/]{16,}={1,2}(?![\w=])/g, '<id>'],
  [/\b0x[\da-f]+\b/gi, '<id>'],
]

const IPV6 =
  /(?<![\w.:-])\[?((?:[\da-f]{0,4}:){2,8}(?:[\da-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?)(?:%\w+)?\]?(?::\d{1,5})?(?![\w:])/gi

const UNITS =
  'ns|µs|us|ms|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?|[kmgtp]i?b(?:\\/s)?|b|bytes?|kilobytes?|megabytes?|gigabytes?|%|px|hz|khz|mhz|ghz'
// n.b. A unit of one letter belongs to the number only without a space: "5 s" may be the beginning of other words.
const NUMBER = new RegExp(
  `(?<![\\p{L}\\d_.<])[-+]?(?:\\d{1,3}(?:[,_'’]\\d{3})+|\\d+)(?:\\.\\d+)*(?:e[-+]?\\d+)?(?:(?:${UNITS})(?![\\p{L}\\d_])| (?:${UNITS.replaceAll(/(?<=^|\|)[a-z]\|/g, '')})(?![\\p{L}\\d_])|%)?(?![\\p{L}\\d_])`,
  'giu',
)

/** 404 and 503 are two faults, where 404 and 503 rows are one. */
const STATUS_BEFORE =
  /(?:status(?:[ _]?code)?|http(?:\/[\d.]+)?|(?:answered|responded|replied)(?: by| with)?)[:= ]{1,3}$/i

function nameNumber(found: string, before: string): string {
  return /^[1-5]\d\d$/.test(found) && STATUS_BEFORE.test(before.slice(-24)) ? found : '<number>'
}

/** Words of letters and digits, or long ones. */
const WORD = /(?<![\p{L}\d_<-])[\p{L}\d_$-]{2,}(?![\p{L}\d_>-])/gu

/** Names of techniques, whose digits do not count anything; and the codes of a well-known database. */
const TECHNICAL =
  /^(?:utf(?:8|16|32)|ipv[46]|http[123]|tls1|s3|ec2|sha(?:1|256|384|512)|md5|base(?:32|64)|x509|oauth2|h[123]|u?int(?:4|8|16|32|64)|float(?:4|8|32|64)|k8s|v\d|p\d\d|e\d{4,5}|[1-5]\d\d)$/i

function nameWord(word: string): string {
  if (isRandom(word)) return '<id>'
  if (!/\d/.test(word)) return word
  return word.replaceAll(/[^_$-]+/g, nameSegment)
}

function nameSegment(segment: string): string {
  if (!/\d/.test(segment) || TECHNICAL.test(segment)) return segment
  if (segment.length >= 16 || (segment.length >= 8 && /^[\da-f]+$/i.test(segment))) return '<id>'
  if (segment.length >= 6 && !/^\p{L}+\d+$/u.test(segment) && !/^\d+$/.test(segment)) return '<id>'
  return segment.replaceAll(/\d+/g, '<number>')
}

/**
 * Long, and changing between small letters, capitals and digits more often than words of any language do: a name in
 * camel case changes about every third letter, a random one more than every second.
 */
function isRandom(word: string): boolean {
  if (word.length < 16) return false
  const letters = word.replaceAll(/[_$-]/g, '')
  const runs = letters.match(/\d+|\p{Lu}+|\p{Ll}+/gu)?.length ?? 0
  return runs > letters.length * (/\d/.test(letters) ? 0.25 : 0.45)
}

const REPEATED = /(<[a-z]+>)(?:[,;]? ?\1)+/g
