import { z } from 'zod'

/** An instant as the api shows it: RFC 3339, in UTC, with milliseconds. */
export const instantSchema = z.iso.datetime().meta({
  override: { type: 'string', format: 'date-time', pattern: undefined },
  examples: ['2026-03-01T09:30:00.000Z'],
})
