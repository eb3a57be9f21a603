import { z } from 'zod'

/** An instant as a client sends it: RFC 3339 with any zone, because a time without one means something else on every host. */
export const sentInstantSchema = z.iso.datetime({ offset: true }).meta({
  // The format says it; the pattern is a screenful that nobody reads.
  override: ({ jsonSchema }: { readonly jsonSchema: { pattern?: string } }) => {
    delete jsonSchema.pattern
  },
  examples: ['2026-03-01T10:30:00+01:00'],
})
