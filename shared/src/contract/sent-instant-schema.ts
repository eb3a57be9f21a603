import { z } from 'zod'

/** An instant as a client sends it: RFC 3339 with any zone, because a time without one means something else on every host. */
export const sentInstantSchema = z.iso.datetime({ offset: true }).meta({
  override: { type: 'string', format: 'date-time', pattern: undefined },
  examples: ['2026-03-01T10:30:00+01:00'],
})
