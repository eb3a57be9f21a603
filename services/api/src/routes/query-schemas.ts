import { DEFAULT_PAGE, MAX_PAGE } from '@redrive/shared/contract'
import { z } from 'zod'

/** How many elements a page has. */
export const limitParameter = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(MAX_PAGE))
  .optional()
  .transform((limit) => limit ?? DEFAULT_PAGE)
  .meta({
    description: 'How many at most. A page may end earlier, when it has about 8 MiB; `nextCursor` leads on.',
    override: ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE })
    },
  })

export const cursorParameter = z
  .string()
  .min(1)
  .max(500)
  .optional()
  .meta({ description: 'The `nextCursor` of the page before, with the same filters.' })

/** A word to filter by: a type, a tag, a fingerprint. */
export const wordParameter = z
  .string()
  .min(1)
  .max(200)
  .refine((word) => !word.includes('\0'), 'contains U+0000, which nothing stored does')
  .optional()
