/** Fields of a task that the api's design has and this version does not offer; refused with words that say so. */
export const LATER_FIELDS: ReadonlySet<string> = new Set(['batch', 'orderingKey', 'uniqueKey'])
