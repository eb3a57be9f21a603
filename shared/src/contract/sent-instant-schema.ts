import { z } from 'zod'

/** Years of four digits in UTC: what RFC 3339 can write, and what every zone makes of it can be answered. */
const EARLIEST_MS = Date.parse('0001-01-01T00:00:00Z')
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** An instant as a client sends it: RFC 3339 with any zone, because a time without one means something else on every host. */
export const sentInstantSchema = z.iso
  .datetime({ offset: true })
  .refine(isWithinYears, 'expected a time in the years 1 to 9999 of UTC')
  .meta({
    // The format says it; the pattern is a screenful that nobody reads.
    override: ({ jsonSchema }: { readonly jsonSchema: { pattern?: string } }) => {
      delete jsonSchema.pattern
    },
    examples: ['2026-03-01T10:30:00+01:00'],
  })

function isWithinYears(text: string): boolean {
  const ms = Date.parse(text)
  // What is no time at all has its own complaint.
  return Number.isNaN(ms) || (ms >= EARLIEST_MS && ms <= LATEST_MS)
}
