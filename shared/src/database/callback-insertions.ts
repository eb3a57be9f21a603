import { type RawBuilder, sql } from 'kysely'
import { DEFAULT_LANE, WEBHOOK_ATTEMPTS, WEBHOOK_RETRY } from '../task/index.ts'

/** Above this, a callback names the result's size instead of carrying it: receivers take small bodies. */
const MAX_CALLBACK_RESULT_BYTES = 16_384

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
        'url', e.callback_url, 'method', 'POST', 'sign', true, 'body', ${NEWS}),
      array[${CALLBACK_TAG}], now(), now(), ${WEBHOOK_ATTEMPTS}::int, ${WEBHOOK_ATTEMPTS}::int, ${JSON.stringify(WEBHOOK_RETRY)}::jsonb, e.for_user
    from ${ended} e where e.callback_url is not null
    returning id, tenant_id, lane, type, run_at
  ),
  called_back as (
    insert into open_tasks (task_id, tenant_id, lane, type, due_at) select id, tenant_id, lane, type, run_at from callbacks
  )`
}

const FINISHED_AT = sql`to_char(e.finished_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** `{ type, timestamp, data }`, as Standard Webhooks has it. Kept below the 20 KB that receivers are told to expect. */
const NEWS = sql`jsonb_build_object('type', 'task.' || e.state, 'timestamp', ${FINISHED_AT}, 'data', jsonb_build_object(
  'id', e.id, 'type', e.type, 'state', e.state, 'attempt', e.attempt, 'tags', to_jsonb(e.tags), 'user', e.for_user,
  'finishedAt', ${FINISHED_AT},
  'error', case when e.error is not null then jsonb_build_object('type', e.error -> 'type', 'message', e.error -> 'message') end,
  'result', case when octet_length(e.result::text) <= ${MAX_CALLBACK_RESULT_BYTES}::int then e.result end,
  'resultBytes', octet_length(e.result::text)))`
