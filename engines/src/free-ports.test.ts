import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { freePorts, isPortFree } from './free-ports.ts'

test('a preferred port is kept while it is free, and replaced when somebody listens on it', async () => {
  const { mine } = await freePorts(['mine'])
  expect(await freePorts(['mine'], { mine })).toEqual({ mine })
  const taker = createServer()
  await new Promise<void>((resolve) => taker.listen(mine, '127.0.0.1', resolve))
  expect(await isPortFree(mine)).toBe(false)
  const instead = await freePorts(['mine'], { mine })
  expect(instead.mine).not.toBe(mine)
  await new Promise((resolve) => taker.close(resolve))
})

test('a port on which something listens on every address counts as taken', async () => {
  const taker = createServer()
  await new Promise<void>((resolve) => taker.listen(0, '0.0.0.0', resolve))
  expect(await isPortFree((taker.address() as AddressInfo).port)).toBe(false)
  await new Promise((resolve) => taker.close(resolve))
})

test('several ports are different ones, whatever was preferred', async () => {
  const { port } = await freePorts(['port'])
  const { one, two, three } = await freePorts(['one', 'two', 'three'], { one: port, two: port, three: port })
  expect(new Set([one, two, three]).size).toBe(3)
})

test('a preferred port is waited for while its last owner lets go of it', async () => {
  const { mine } = await freePorts(['mine'])
  const leaving = createServer()
  await new Promise<void>((resolve) => leaving.listen(mine, '127.0.0.1', resolve))
  const asked = freePorts(['mine'], { mine })
  // A look that began after theirs has ended, so theirs has found the port taken.
  expect(await isPortFree(mine)).toBe(false)
  leaving.close()
  expect(await asked).toEqual({ mine })
})
