import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { ALERT_TAG } from '../task/index.ts'

/** Over a dead letter `d`: not that of an alert, which nobody could be told of by another alert. */
export const IS_NO_ALERT: RawBuilder<SqlBool> = sql<SqlBool>`not d.tags @> array[${ALERT_TAG}::text]`
