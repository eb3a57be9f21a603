import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import amqp from 'amqplib'
import { isPortFree, PrivateRabbitMq } from '@redrive/engines'

const CACHE_FOLDER = fileURLToPath(new URL('../../.redrive/cache/rabbitmq', import.meta.url))
const TWO_STARTS_MS = 120_000

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
    // Its stop is a kill: what is found afterwards survived a crash.
    isDurable: false,
    onProgress: () => {},
  })
  started.push(rabbitMq)
  return rabbitMq
}

test(
  'a confirmed message outlasts a killed supervisor, a killed node and the loss of its port',
  async () => {
    const abandoned = await open().start()
    await withChannel(abandoned.amqpUrl, async (channel) => {
      await channel.assertQueue('kept', { durable: true, arguments: { 'x-queue-type': 'quorum' } })
      channel.sendToQueue('kept', Buffer.from('still here'), { persistent: true })
      await channel.waitForConfirms()
    })
    const epmd = recorded('epmd')

    const next = open()
    const found = await next.start()
    expect(found).toEqual(abandoned)
    expect(recorded('epmd')).not.toEqual(epmd)
    await expectKept(found.amqpUrl)
    await next.stop()
    await next.stop()
    expect(await isPortFree(portOf(found.amqpUrl))).toBe(true)

    const taker = createServer()
    await new Promise<void>((resolve) => taker.listen(portOf(found.amqpUrl), '127.0.0.1', resolve))
    const moved = await open().start()
    expect(portOf(moved.amqpUrl)).not.toBe(portOf(found.amqpUrl))
    await expectKept(moved.amqpUrl)
    await expect(amqp.connect(withGuest(moved.amqpUrl))).rejects.toThrow(/ACCESS_REFUSED|ACCESS-REFUSED|403/)
    await new Promise((resolve) => taker.close(resolve))
  },
  TWO_STARTS_MS,
)

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

function recorded(program: string): unknown {
  return JSON.parse(readFileSync(join(dataFolder, `${program}.process.json`), 'utf8'))
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}

function withGuest(url: string): string {
  const guest = new URL(url)
  guest.username = 'guest'
  guest.password = 'guest'
  return guest.href
}
