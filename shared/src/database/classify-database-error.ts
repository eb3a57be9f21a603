/**
 * `data`: the values of this statement were refused, and would be again.
 * `again`: the statement was undone (deadlock, serialization); the same one may succeed now.
 * `unavailable`: the server or the way to it is gone; whether a commit arrived is unknown.
 * `fault`: our mistake or the schema's.
 */
export type DatabaseErrorKind = 'data' | 'again' | 'unavailable' | 'fault'

/** SQLSTATE classes and codes, and the socket errors of Node; the only place that knows which may be repeated. */
const KINDS: Readonly<Record<string, DatabaseErrorKind>> = {
  '08': 'unavailable', // connection exceptions
  '22': 'data', // a value that its column cannot hold
  '40': 'again', // serialization failure, deadlock
  '53': 'unavailable', // too many connections, disk full, out of memory
  '54': 'data', // a value above a limit of the server: nested too deep, index row too large
  '55P03': 'again', // lock not available
  '57014': 'unavailable', // statement timeout
  '57P01': 'unavailable', // shutting down
  '57P02': 'unavailable', // crash of another backend
  '57P03': 'unavailable', // starting
  '57P05': 'unavailable', // idle session ended
  '58': 'unavailable', // I/O error of the server
  '25006': 'unavailable', // read-only: a standby, or a failover in progress
  '25P03': 'unavailable', // silent for too long within a transaction
}

const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // No more sockets can be opened: by this process, by the machine, or from its last free port.
  'EMFILE',
  'ENFILE',
  'EADDRNOTAVAIL',
])

// pg reports these without a code.
const SOCKET_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|timeout expired|query read timeout|not queryable|client has encountered a connection error|client was closed/i

export function classifyDatabaseError(error: unknown): DatabaseErrorKind {
  if (!(error instanceof Error)) return 'fault'
  // Several addresses of one host name are reported together.
  if (error instanceof AggregateError && error.errors.length > 0)
    return classifyDatabaseError(error.errors[0])
  const code = (error as { code?: unknown }).code
  if (typeof code === 'string') {
    if (SOCKET_CODES.has(code)) return 'unavailable'
    const kind = KINDS[code] ?? KINDS[code.slice(0, 2)]
    if (kind !== undefined) return kind
  }
  return SOCKET_MESSAGES.test(error.message) ? 'unavailable' : 'fault'
}

export function isDataError(error: unknown): boolean {
  return classifyDatabaseError(error) === 'data'
}

export function isDatabaseUnavailable(error: unknown): boolean {
  return classifyDatabaseError(error) === 'unavailable'
}
