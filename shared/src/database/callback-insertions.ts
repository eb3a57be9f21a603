import { type RawBuilder, sql } from 'kysely'
import { DEFAULT_LANE } from '../task/index.ts'

/** Above this, a callback names the result's size instead of carrying it: receivers take small bodies. */
const MAX_CALLBACK_RESULT_BYTES = 16_384

/** About three days of patience with a receiver that is down: ten attempts, as senders of webhooks commonly make. */
const RETRY = {
  strategy: 'list',
  jitter: 'none',
  delaysMs: [5_000, 60_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000],
} as const
const ATTEMPTS = 10

/** By this tag, callbacks are found among the tasks. */
export const CALLBACK_TAG = 'redrive:callback'

/**
 * The parts of a statement that ends tasks: for each of them with a `callback_url`, a task of its own that delivers the
 * news. As it is written with the ending, there is none without it and no ending without its callback.
 * @param ended the name of a part that returns whole rows of `tasks`, as they are after their ending
 */
export function callbackInsertions(ended: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`callbacks as (
    insert into tasks (id, tenant_id, type, lane, input, tags, created_at, run_at, attempt_budget, max_attempts, retry, for_user)
    select new_task_id(), e.tenant_id, 'http.request', ${DEFAULT_LANE}, jsonb_build_object(
        'url', e.callback_url, 'method', 'POST', 'sign', true, 'body', jsonb_build_object('event', 'task.ended', 'task', ${NEWS})),
      array[${CALLBACK_TAG}], now(), now(), ${ATTEMPTS}::int, ${ATTEMPTS}::int, ${JSON.stringify(RETRY)}::jsonb, e.for_user
    from ${ended} e where e.callback_url is not null
    returning id, tenant_id, lane, type, run_at
  ),
  called_back as (
    insert into open_tasks (task_id, tenant_id, lane, type, due_at) select id, tenant_id, lane, type, run_at from callbacks
  )`
}

const NEWS = sql`jsonb_build_object('id', e.id, 'type', e.type, 'state', e.state, 'attempt', e.attempt, 'tags', to_jsonb(e.tags),
  'user', e.for_user, 'finishedAt', to_char(e.finished_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'error', case when e.error is null then null else jsonb_build_object('type', e.error -> 'type', 'message', e.error -> 'message') end,
  'result', case when octet_length(e.result::text) <= ${MAX_CALLBACK_RESULT_BYTES}::int then e.result end,
  'resultBytes', octet_length(e.result::text))`
