import { sql } from 'kysely'

/**
 * How many tickets the lane `l` holds: taken for publishing or confirmed, and not running. Since release goes by due
 * time, what is held or running is the oldest of what is due; so only the oldest rows are read, twice the window and a
 * thousand, and a backlog of a million costs no more than a short one. Rows beyond that are missed, which releases a
 * little early.
 */
export const HELD_OF_LANE = sql<number>`(
  select count(*) filter (
    where oldest.token is null and (oldest.confirmed_at is not null or oldest.taken_until > now())
  )
  from (
    select token, confirmed_at, taken_until from open_tasks
    where lane = l.name and due_at <= now()
    order by due_at, task_id limit 2 * l.release_window + 1000
  ) as oldest
)`
