import type { FilterLanguage } from '@redrive/shared/filter'
import { z } from 'zod'

type FilterParameters<Language> = { [Field in keyof Language]: z.ZodOptional<z.ZodString> }

/** The parameters of a filter as the document shows them. What their texts mean is for the language's own parser. */
export function filterParameters<Language extends FilterLanguage>(
  language: Language,
): FilterParameters<Language> {
  const entries = Object.entries(language).map(([field, { meaning, example, words }]) => {
    const among = words === undefined ? '' : ` One of, or several of: ${words.join(', ')}.`
    return [
      field,
      z
        .string()
        .optional()
        .meta({ description: `${meaning}${among}`, examples: [example] }),
    ]
  })
  return Object.fromEntries(entries) as FilterParameters<Language>
}

/** Said of every list that takes a filter. */
export const FILTER_DESCRIPTION =
  'A filter is one parameter for each field: `a,b` any of, `!a,b` none of; numbers and times also `>=x`, `>x`, `<=x`, `<x` and `a..b`; ' +
  'times are RFC 3339, dates, or before now (`-90m`, `-24h`, `-7d`); a value in double quotes is taken as it is. ' +
  'Beside the fields below, `input.<path>` looks into the input: `input.country=CH`, `input.items.0.sku=!A1`, `input.amount=>=100`.'
