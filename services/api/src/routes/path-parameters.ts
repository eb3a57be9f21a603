import { idSchema } from '@redrive/shared/contract'
import { z } from 'zod'

/** Paths name one thing by its id; a text that is no id names nothing and is answered as unknown. */
export const idParameter = z.object({ id: idSchema })

/** A fault; a text that is the fingerprint of none is answered as unknown. */
export const fingerprintParameter = z.object({ fingerprint: z.string() })

export const nameParameter = z.object({ name: z.string() })
