import { z } from 'zod'

/** An instant as the api shows it: RFC 3339, in UTC, with milliseconds. */
export const instantSchema = z.iso.datetime().meta({
  // The format says it; the pattern is a screenful that nobody reads.
  override: ({ jsonSchema }: { readonly jsonSchema: { pattern?: string } }) => {
    delete jsonSchema.pattern
  },
  examples: ['2026-03-01T09:30:00.000Z'],
})
