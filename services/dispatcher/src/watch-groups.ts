import {
  endIgnores,
  type Executor,
  findGroups,
  judgeErrorRate,
  listTenants,
  markRegressedGroups,
  submitWebhook,
  tellNewGroups,
  type WatchedGroup,
  type Database,
} from '@redrive/shared/database'
import { type Events, newId, reachCrashPoint } from '@redrive/shared/runtime'
import { ALERT_TAG, DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { type Alert, describeErrorRateAlert, describeGroupAlert, type GroupAlert } from './describe-alert.ts'

export interface GroupWatch {
  readonly db: Database['db']
  readonly events: Events
  /** Where somebody is told; undefined tells by events and metrics only. */
  readonly webhookUrl: string | undefined
  /** Failures per minute that are too many; 0 tells of no rate. */
  readonly failuresPerMinute: number
}

/** Of each kind in one step: a broken release with a thousand new faults calls the receiver at a bearable pace. */
const BATCH = 20

/**
 * Looks once for what somebody should be told of: new groups, regressed ones, ignored ones whose time is over, and too many
 * failures in a minute. Each is marked in the ledger and told in one transaction, so it is told once, whoever is killed.
 */
export async function watchGroups(watch: GroupWatch): Promise<'again' | 'idle'> {
  const counts = [
    await tellOf('group.new', tellNewGroups, watch),
    await tellOf('group.regressed', markRegressedGroups, watch),
    await tellOf('group.reopened', endIgnores, watch),
  ]
  await tellOfErrorRate(watch)
  return counts.includes(BATCH) ? 'again' : 'idle'
}

type Change = (executor: Executor, limit: number) => Promise<readonly WatchedGroup[]>

/**
 * Crash windows: until the commit, nothing has happened, and the next dispatcher finds the same groups. After it, the
 * webhook is a task like any other and only the event, for logs and counters, is missing.
 */
async function tellOf(
  type: GroupAlert,
  change: Change,
  { db, events, webhookUrl }: GroupWatch,
): Promise<number> {
  const { changed, news } = await db.transaction().execute(async (transaction) => {
    const groups = await change(transaction, BATCH)
    if (groups.length > 0) reachCrashPoint('groups.changed')
    const faults = onePerFault(groups)
    if (webhookUrl !== undefined) await callFor(type, faults, { transaction, webhookUrl })
    return { changed: groups.length, news: faults }
  })
  if (changed > 0) reachCrashPoint('groups.committed')
  for (const { fingerprint, title, why } of news) {
    events.emit(type, { fingerprint, title, ...(why === null ? {} : { why }) })
  }
  return changed
}

/** Several tenants may have met a fault; whoever is told runs the installation and is told of it once. */
function onePerFault(groups: readonly WatchedGroup[]): readonly WatchedGroup[] {
  const news = groups.filter((group) => !group.isKnownElsewhere)
  return [...new Map(news.map((group) => [group.fingerprint, group])).values()]
}

interface Call {
  readonly transaction: Executor
  readonly webhookUrl: string
}

async function callFor(type: GroupAlert, faults: readonly WatchedGroup[], call: Call): Promise<void> {
  if (faults.length === 0) return
  const tenants = await listTenants(call.transaction)
  const groups = await findGroups(call.transaction, {
    tenantIds: tenants.map(({ id }) => id),
    filter: {},
    fingerprints: faults.map(({ fingerprint }) => fingerprint),
    order: 'lastSeen',
    limit: faults.length,
    withEmpty: true,
  })
  for (const group of groups) await submitAlert(describeGroupAlert(type, group, new Date()), call)
}

async function submitAlert(body: Alert, { transaction, webhookUrl }: Call): Promise<void> {
  await submitWebhook(transaction, {
    id: newId(),
    tenantId: DEFAULT_TENANT_ID,
    url: webhookUrl,
    body,
    tags: [ALERT_TAG],
  })
}

async function tellOfErrorRate({ db, events, webhookUrl, failuresPerMinute }: GroupWatch): Promise<void> {
  if (failuresPerMinute === 0) return
  const change = await db.transaction().execute(async (transaction) => {
    const judged = await judgeErrorRate(transaction, failuresPerMinute)
    if (judged === null || webhookUrl === undefined) return judged
    const alert = describeErrorRateAlert(judged, failuresPerMinute, new Date())
    await submitAlert(alert, { transaction, webhookUrl })
    return judged
  })
  if (change === null) return
  const fields = { failuresPerMinute: change.failuresPerMinute, threshold: failuresPerMinute }
  events.emit(change.isExceeded ? 'error_rate.exceeded' : 'error_rate.recovered', fields)
}
