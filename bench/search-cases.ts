export interface SearchCase {
  /** The row of the table. */
  readonly field: string
  readonly list: 'dead-letters' | 'tasks'
  readonly query: Readonly<Record<string, string>>
}

/** For each field: values that are common, middling and rare, common only long ago, several at once, none, and nobody's. */
const DEAD_LETTERS: Readonly<Record<string, readonly string[]>> = {
  state: ['open', 'redriven', 'discarded', 'carried', '!open', 'carried,discarded'],
  reason: ['attempts_exhausted', 'crashed', 'crashed,timed_out', '!attempts_exhausted', 'nobody'],
  type: ['type.0', 'type.20', 'type.39', 'type.38,type.39', '!type.0', 'nobody'],
  lane: ['normal', 'low', 'high', '!normal'],
  tenant: ['default', 'tenant-20', 'tenant-100', 'tenant-200', 'tenant-198,tenant-199', '!default'],
  user: ['user-0', 'user-100', 'user-10000', 'user-19999', '!user-0', 'nobody'],
  tag: ['team-0', 'team-19', 'campaign-7', 'team-0,campaign-7', '!team-0', 'nobody'],
  diedAt: ['>=-1h', '>=-1d', '<-1d', '<-80d', '-61d..-60d', '-50d..-10d', '-200d..-100d'],
  attempts: ['1', '5', '20', '>=3', '>=19', '!1', '99'],
  workerVersion: ['1.7', '1.4', '1.0', '1.0,1.1', '!1.7', 'nobody'],
  fingerprint: ['0', '5', '12', '150', '3000', '0,12'],
  foreign: ['true', 'false'],
  text: [
    'card',
    'card refused',
    '"connection reset"',
    'quota exhausted',
    'zebra',
    'E_150',
    'Fault11',
    'order -card',
    'nobody',
    '500000',
  ],
  'input.country': ['C0', 'C20', 'C49', 'C49,C48', '!C0', 'nobody'],
  'input.customer.id': ['c7', 'c49999', 'nobody'],
  'input.customer.plan': ['current', 'legacy'],
  'input.items.0.sku': ['S0', 'S1000', 'S1999'],
  'input.items.sku': ['S0', 'S1999'],
  'input.amount': ['7.25', '123.45', '>=500'],
  'input.amount (of a day)': ['>=990', '10..11', '!7.25'],
}

const TASKS: Readonly<Record<string, readonly string[]>> = {
  state: ['failed', 'succeeded', 'running', 'cancelled', 'failed,expired'],
  type: ['type.0', 'type.39', 'nobody'],
  tenant: ['default', 'tenant-100', 'tenant-200'],
  user: ['user-0', 'user-19999', 'nobody'],
  tag: ['team-0', 'campaign-7', 'nobody'],
  createdAt: ['>=-1h', '<-80d', '-61d..-60d', '-200d..-100d'],
  'text (of a day)': ['card', 'zebra', 'nobody'],
  'input.country (of a day)': ['C0', 'C49', 'nobody'],
}

export function searchCases(fingerprintOf: (fault: string) => string): readonly SearchCase[] {
  const letters = Object.entries(DEAD_LETTERS).flatMap(([field, values]) =>
    values.map((value): SearchCase => {
      const sent = field === 'fingerprint' ? value.split(',').map(fingerprintOf).join(',') : value
      return { field, list: 'dead-letters', query: queryOf(field, sent, 'diedAt') }
    }),
  )
  const tasks = Object.entries(TASKS).flatMap(([field, values]) =>
    values.map((value): SearchCase => {
      return { field, list: 'tasks', query: queryOf(field, value, 'createdAt') }
    }),
  )
  return [...letters, ...tasks]
}

function queryOf(field: string, value: string, time: string): Record<string, string> {
  const [name = ''] = field.split(' ')
  return { [name]: value, ...(name !== field && { [time]: '-31d..-30d' }) }
}
