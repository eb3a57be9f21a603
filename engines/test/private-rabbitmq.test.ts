import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import amqp from 'amqplib'
import { isPortFree, PrivateRabbitMq } from '@redrive/engines'
import { isRunning } from '../src/process-identity.ts'
import type { ProcessIdentity } from '../src/process-identity.ts'

const CACHE_FOLDER = fileURLToPath(new URL('../../.redrive/cache/rabbitmq', import.meta.url))
let dataFolder: string
const started: PrivateRabbitMq[] = []

beforeAll(() => {
  // n.b. the space is meant: a clone's path may have one.
  dataFolder = mkdtempSync(join(tmpdir(), 'redrive rabbitmq '))
})

afterAll(async () => {
  for (const rabbitMq of started) await rabbitMq.stop()
  rmSync(dataFolder, { recursive: true, force: true })
})

function open(): PrivateRabbitMq {
  const rabbitMq = new PrivateRabbitMq({
    dataFolder,
    cacheFolder: CACHE_FOLDER,
    isDurable: true,
    onProgress: () => {},
  })
  started.push(rabbitMq)
  return rabbitMq
}

test('what a killed supervisor left running is ended, and the node comes back with its messages and addresses', async () => {
  const abandoned = await open().start()
  await withChannel(abandoned.amqpUrl, async (channel) => {
    await channel.assertQueue('kept', { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    channel.sendToQueue('kept', Buffer.from('still here'), { persistent: true })
    await channel.waitForConfirms()
  })
  const processes = [recorded('rabbitmq'), recorded('epmd')]

  const next = open()
  expect(await next.start()).toEqual(abandoned)
  expect(processes.map(isRunning)).toEqual([false, false])
  await expectKept(abandoned.amqpUrl)
  await expect(amqp.connect(withGuest(abandoned.amqpUrl))).rejects.toThrow(/ACCESS.REFUSED|403/)

  const ended = [recorded('rabbitmq'), recorded('epmd')]
  await next.stop()
  await next.stop()
  expect(ended.map(isRunning)).toEqual([false, false])
  for (const url of Object.values(abandoned)) expect(await isPortFree(Number(new URL(url).port))).toBe(true)
}, 120_000)

async function expectKept(amqpUrl: string): Promise<void> {
  await withChannel(amqpUrl, async (channel) => {
    const message = await channel.get('kept')
    expect(message && message.content.toString()).toBe('still here')
    if (message) channel.nack(message)
    await channel.close()
  })
}

async function withChannel(
  amqpUrl: string,
  use: (channel: amqp.ConfirmChannel) => Promise<void>,
): Promise<void> {
  const connection = await amqp.connect(amqpUrl)
  connection.on('error', () => {})
  try {
    await use(await connection.createConfirmChannel())
  } finally {
    await connection.close()
  }
}

function recorded(program: string): ProcessIdentity {
  return JSON.parse(readFileSync(join(dataFolder, `${program}.process.json`), 'utf8')) as ProcessIdentity
}

function withGuest(url: string): string {
  const guest = new URL(url)
  guest.username = 'guest'
  guest.password = 'guest'
  return guest.href
}
