import { setImmediate as letOthersRun } from 'node:timers/promises'
import { defineTask, type HandlerContext } from '@redrive/worker'
import { z } from 'zod'

// Work that takes the processor: it shows how far it is, lets its neighbours run, and stops when it is told to.

const MAX_SIDE = 4_096

const input = z.strictObject({
  /** A grey picture, one row of values from 0 to 255 after the other. */
  pixels: z
    .array(z.array(z.int().min(0).max(255)).min(1).max(MAX_SIDE))
    .min(1)
    .max(MAX_SIDE),
  side: z.int().min(1).max(256).default(8),
})

export const renderThumbnail = defineTask({
  name: 'thumbnails.render',
  input,
  // The same picture gives the same result, so a second attempt only helps when the worker was at fault.
  retry: { maxAttempts: 2, baseDelayMs: 500 },
  timeoutMs: 60_000,
  lane: 'low',
  handler: async ({ pixels, side }, context) => ({ side, pixels: await shrink(pixels, side, context) }),
})

type Picture = readonly (readonly number[])[]

async function shrink(pixels: Picture, side: number, context: HandlerContext): Promise<Picture> {
  const rows: number[][] = []
  for (let y = 0; y < side; y += 1) {
    rows.push(Array.from({ length: side }, (_, x) => averageAt(pixels, { x, y, side })))
    context.reportProgress({ done: y + 1, total: side, note: `row ${y + 1}` })
    // All attempts of a worker share one thread: a long computation gives way now and then, and asks whether it is
    // still wanted.
    await letOthersRun()
    context.signal.throwIfAborted()
  }
  return rows
}

interface Spot {
  readonly x: number
  readonly y: number
  readonly side: number
}

function averageAt(pixels: Picture, { x, y, side }: Spot): number {
  const covered = slice(pixels, y, side).flatMap((row) => slice(row, x, side))
  return Math.round(covered.reduce((sum, value) => sum + value, 0) / covered.length)
}

/** The part of a list that falls on one of `side` equal steps; at least one entry. */
function slice<T>(list: readonly T[], step: number, side: number): readonly T[] {
  const from = Math.min(list.length - 1, Math.floor((step * list.length) / side))
  return list.slice(from, Math.max(from + 1, Math.floor(((step + 1) * list.length) / side)))
}
