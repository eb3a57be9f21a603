import { expect } from '@jest/globals'
import type { SpawnedService } from '@redrive/shared/testing'

/** The process ended by its own SIGKILL at the crash point, not in another way. */
export async function expectKilled(service: SpawnedService): Promise<void> {
  expect(await service.exited).toEqual({ code: null, signal: 'SIGKILL' })
}
