import pg from 'pg'

/** A ledger of the shortest statements that keep the protocol, on Redrive's own tables and indexes. */
export interface ShortLedger {
  submit(ids: readonly string[]): Promise<void>
  /** Claims what may be claimed, with these tokens. */
  claim(ids: readonly string[], tokens: readonly string[]): Promise<readonly Claimed[]>
  finish(done: readonly Finished[]): Promise<void>
  close(): Promise<void>
}

export interface Claimed {
  readonly task_id: string
  readonly token: string
  readonly input: { readonly a: number; readonly b: number }
}

export interface Finished {
  readonly taskId: string
  readonly token: string
  readonly result: string
}

const TENANT = '00000000-0000-7000-8000-000000000001'
const WORKER = '01890000-0000-7000-8000-00000000000a'
const CONNECTIONS = 6

const SUBMIT = `
  with given as (select unnest($1::uuid[]) as id),
  inserted as (
    insert into tasks (id, tenant_id, type, lane, input, tags, created_at, run_at, attempt_budget, max_attempts)
    select id, '${TENANT}', 'math.add', 'normal', '{"a": 2, "b": 3}', '{}', now(), now(), 4, 4 from given
  )
  insert into open_tasks (task_id, tenant_id, lane, type, due_at, taken_until)
  select id, '${TENANT}', 'normal', 'math.add', now(), now() + interval '5 s' from given`

const CLAIM = `
  with wanted as (select * from unnest($1::uuid[], $2::uuid[]) as w (task_id, token)),
  locked as (
    select o.task_id from open_tasks o
    where o.task_id = any($1::uuid[]) and o.number = 1 and o.token is null
      and exists (select from workers where id = '${WORKER}' and state = 'running' and lease_until > now())
    order by o.task_id for update
  ),
  claimed as (
    update open_tasks o set worker_id = '${WORKER}', token = w.token, attempt = attempt + 1, started_at = now(), taken_until = null
    from wanted w join locked l on l.task_id = w.task_id
    where o.task_id = w.task_id and o.task_id = any($1::uuid[])
    returning o.task_id, o.token
  )
  select c.task_id, c.token, t.input from claimed c join tasks t on t.id = c.task_id`

const FINISH = `
  with done as (select * from unnest($1::uuid[], $2::uuid[], $3::text[]) as d (task_id, token, result)),
  closed as (
    delete from open_tasks o using done d where o.task_id = d.task_id and o.token = d.token and o.task_id = any($1::uuid[])
    returning o.*
  ),
  ended as (
    update tasks t set state = 'succeeded', number = c.number, attempt = c.attempt, charged_attempts = 1,
      result = d.result::jsonb, started_at = c.started_at, finished_at = now()
    from closed c join done d on d.task_id = c.task_id where t.id = c.task_id and t.id = any($1::uuid[])
  )
  insert into attempts (task_id, attempt, tenant_id, number, token, worker_id, started_at, ended_at, outcome, is_charged)
  select task_id, attempt, tenant_id, number, token, worker_id, started_at, now(), 'succeeded', true from closed`

/** On a database with Redrive's schema. */
export async function openShortLedger(url: string): Promise<ShortLedger> {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS })
  await pool.query(
    `insert into workers (id, lock_key, host, pid, version, lanes, types, concurrency, state, lease_until)
    values ($1, 1, 'bench', 1, '0', '{normal}', '{math.add}', 1, 'running', now() + interval '1 day')`,
    [WORKER],
  )
  // Named, so that each connection parses and plans them once.
  return {
    submit: async (ids) => void (await pool.query({ name: 'submit', text: SUBMIT, values: [ids] })),
    claim: async (ids, tokens) =>
      (await pool.query<Claimed>({ name: 'claim', text: CLAIM, values: [ids, tokens] })).rows,
    finish: async (done) => {
      const values = [
        done.map(({ taskId }) => taskId),
        done.map(({ token }) => token),
        done.map(({ result }) => result),
      ]
      await pool.query({ name: 'finish', text: FINISH, values })
    },
    close: () => pool.end(),
  }
}
