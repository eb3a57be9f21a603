import { type SettingDefinition, SETTINGS } from '@redrive/shared/runtime'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultText } from './default-text.ts'
import { generatedPart } from './generated-document.ts'
import { code, markdownTable } from './markdown-table.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PREFACE = '# Overload'

interface Bound {
  readonly where: string
  readonly what: string
  readonly beyond: string
  /** Either the setting, or the source file with the constant or property that holds the figure. */
  readonly setting?: string
  readonly file?: string
  readonly name?: string
  readonly unit?: string
}

const API = 'services/api/src'
const DISPATCHER = 'services/dispatcher/src'
const WORKER = 'services/worker/src'
const SHARED = 'shared/src'
const BUSY = '503 `SERVER_BUSY`, at once'

const BOUNDS: readonly Bound[] = [
  {
    where: 'api',
    what: 'open tasks of a tenant',
    setting: 'MAX_TENANT_BACKLOG',
    beyond: '429 `TENANT_BACKLOG_FULL`',
  },
  { where: 'api', what: 'open tasks of all', setting: 'MAX_BACKLOG', beyond: '503 `BACKLOG_FULL`' },
  { where: 'api', what: 'requests of each kind worked on at once', setting: 'MAX_REQUESTS', beyond: BUSY },
  {
    where: 'api',
    what: 'requests that wait for an ending',
    file: `${API}/waiting/ending-watch.ts`,
    name: 'MAX_WAITING',
    beyond: 'answered with the present state',
  },
  {
    where: 'api',
    what: 'the same with those that are being answered',
    file: `${API}/http/admission.ts`,
    name: 'MAX_WAITS',
    beyond: BUSY,
  },
  {
    where: 'api',
    what: 'lag of the event loop',
    setting: 'SHED_LOOP_DELAY_MS',
    beyond: `submissions get ${BUSY}; from three times as much, reads too`,
  },
  {
    where: 'api',
    what: 'wait for a connection to Postgres',
    setting: 'SHED_POOL_WAIT_MS',
    beyond: 'the same',
  },
  {
    where: 'api',
    what: 'connections of clients',
    setting: 'MAX_CONNECTIONS',
    beyond: 'the longest idle one is closed; where none is idle, a new one gets 503 `SERVER_BUSY`',
  },
  {
    where: 'api',
    what: 'time for the headers of a request',
    file: `${API}/http/http-server.ts`,
    name: 'headersTimeout',
    unit: 'ms',
    beyond: '408 `REQUEST_TIMEOUT`, closed',
  },
  {
    where: 'api',
    what: 'time for a whole request',
    file: `${API}/http/http-server.ts`,
    name: 'requestTimeout',
    unit: 'ms',
    beyond: '408 `REQUEST_TIMEOUT`, closed',
  },
  {
    where: 'api',
    what: 'time without a request on a connection',
    file: `${API}/http/http-server.ts`,
    name: 'keepAliveTimeout',
    unit: 'ms',
    beyond: 'closed',
  },
  {
    where: 'api',
    what: 'large bodies held at once, in bulks of full size',
    file: `${API}/api.ts`,
    name: 'BULKS_AT_ONCE',
    beyond: 'waits unread for ten seconds, then 503 `SERVER_BUSY`',
  },
  {
    where: 'api',
    what: 'time that the ledger has for an answer',
    file: `${API}/http/within-deadline.ts`,
    name: 'ANSWER_WITHIN_MS',
    unit: 'ms',
    beyond: '503 `DATABASE_UNAVAILABLE`',
  },
  {
    where: 'api',
    what: 'confirms to be noted',
    file: `${API}/submission/confirm-marker.ts`,
    name: 'MAX_KEPT',
    beyond: 'not noted: the dispatcher publishes the ticket once more, and that one is void',
  },
  {
    where: 'api',
    what: 'addresses that sent wrong keys',
    file: `${API}/http/failed-attempts.ts`,
    name: 'MAX_ADDRESSES',
    beyond: 'the oldest is forgotten',
  },
  {
    where: 'api, dispatcher',
    what: 'tickets sent without a confirm yet',
    file: `${SHARED}/broker/ticket-publisher.ts`,
    name: 'MAX_IN_FLIGHT',
    beyond: 'the api leaves new tickets to the dispatcher; others wait for their turn',
  },
  {
    where: 'api, dispatcher',
    what: 'tickets that wait for their turn',
    file: `${SHARED}/broker/ticket-publisher.ts`,
    name: 'MAX_WAITING',
    beyond: 'not sent: the dispatcher releases them later',
  },
  {
    where: 'api, dispatcher',
    what: 'time for a confirm',
    file: `${SHARED}/broker/ticket-publisher.ts`,
    name: 'CONFIRM_TIMEOUT_MS',
    unit: 'ms',
    beyond: 'taken for unknown, and released again',
  },
  {
    where: 'all',
    what: 'connections to Postgres',
    setting: 'DATABASE_POOL_SIZE',
    beyond: 'waited for',
  },
  {
    where: 'all',
    what: 'wait for a connection to Postgres',
    file: `${SHARED}/database/create-database.ts`,
    name: 'CONNECT_TIMEOUT_MS',
    unit: 'ms',
    beyond: 'counts as a ledger that is away',
  },
  {
    where: 'all',
    what: 'time of a statement',
    setting: 'DATABASE_STATEMENT_TIMEOUT_MS',
    beyond: 'Postgres ends it',
  },
  {
    where: 'all',
    what: 'connections to the operations port',
    file: `${SHARED}/runtime/operations-server.ts`,
    name: 'MAX_CONNECTIONS',
    beyond: 'as for the api',
  },
  {
    where: 'dispatcher',
    what: 'messages of the error queue held at once',
    file: `${DISPATCHER}/record-errors.ts`,
    name: 'PREFETCH',
    beyond: 'stay in RabbitMQ',
  },
  {
    where: 'dispatcher',
    what: 'bytes of these held at once',
    file: `${DISPATCHER}/record-errors.ts`,
    name: 'MAX_HELD_BYTES',
    unit: 'bytes',
    beyond: 'forgotten, and given back to the queue when there is room',
  },
  {
    where: 'dispatcher',
    what: 'bytes of these in one statement',
    file: 'shared/src/protocol/record-messages.ts',
    name: 'MAX_BYTES_PER_STATEMENT',
    unit: 'bytes',
    beyond: 'go in another one',
  },
  {
    where: 'worker',
    what: 'attempts at once',
    setting: 'WORKER_CONCURRENCY',
    beyond: 'tickets wait',
  },
  {
    where: 'worker',
    what: 'tickets of each lane held at once',
    setting: 'WORKER_PREFETCH',
    beyond: 'stay in RabbitMQ; what is no ticket is rejected at once, whatever its size',
  },
  {
    where: 'worker',
    what: 'a result',
    file: `${SHARED}/task/limits.ts`,
    name: 'MAX_RESULT_BYTES',
    unit: 'bytes',
    beyond:
      'the attempt fails; results that wait for the ledger are at most as many as attempts at once, since each keeps its slot',
  },
  {
    where: 'worker',
    what: 'bytes of results in one statement',
    file: `${WORKER}/finish-batches.ts`,
    name: 'MAX_BYTES_PER_STATEMENT',
    unit: 'bytes',
    beyond: 'go in another one',
  },
]

/** Every bound of the system, with its figure read from the code, so that the page cannot tell an old one. */
export const overload = generatedPart('docs/overload.md', PREFACE, () =>
  markdownTable(
    ['where', 'what', 'bound', 'beyond it'],
    BOUNDS.map((bound) => [bound.where, bound.what, figureOf(bound), bound.beyond]),
  ),
)

function figureOf({ setting, file = '', name = '', unit }: Bound): string {
  if (setting !== undefined) return settingFigure(setting)
  const source = readFileSync(join(ROOT, file), 'utf8')
  const figure = new RegExp(`\\b${name}(?: =|:) ([\\d_]+)`).exec(source)?.[1]
  if (figure === undefined) throw new Error(`${file} has no figure ${name}, which docs/overload.md tells.`)
  return `${Number(figure.replaceAll('_', '')).toLocaleString('en')}${unit === undefined ? '' : ` ${unit}`}`
}

function settingFigure(name: string): string {
  const definitions: readonly SettingDefinition[] = SETTINGS
  const definition = definitions.find((one) => one.name === name)
  if (definition === undefined) throw new Error(`There is no setting ${name}, which docs/overload.md tells.`)
  return `${code(name)}: ${defaultText(definition) ?? 'unset'}`
}
