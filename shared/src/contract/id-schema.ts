import { z } from 'zod'

/** Ids are UUIDs of version 7, so that they sort by the time they were made. */
export const idSchema = z
  .string()
  .meta({ format: 'uuid', examples: ['019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11'] })
