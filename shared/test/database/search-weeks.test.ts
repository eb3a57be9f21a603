import { beforeAll, expect, test } from '@jest/globals'
import { keepForeignMessages, listDeadLetters } from '@redrive/shared/database'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { createLedgerFixture } from './ledger-fixture.ts'

const WEEK_MS = 7 * 86_400_000
const NOW_MS = Date.parse('2026-11-25T03:00:00Z')

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
/** Newest first. */
let refused: readonly string[]

/** Made at that time, as the application makes them. */
function idAt(ms: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`
}

beforeAll(async () => {
  ledger = await createLedgerFixture()
  // Two years with gaps, several on the very borders of weeks; every third of another fault.
  const times = Array.from({ length: 180 }, (_, index) => NOW_MS - Math.floor(index / 3) ** 2 * 17_000_000)
  const borders = [1, 2, 50].flatMap((weeks) => {
    const border = Math.floor(NOW_MS / WEEK_MS - weeks) * WEEK_MS
    return [border - 1, border, border + 1]
  })
  const letters = [...times, ...borders].map((ms, index) => ({ id: idAt(ms), isRefused: index % 3 !== 0 }))
  await keepForeignMessages(
    ledger.db,
    letters.map(({ id, isRefused }) => ({
      id,
      tenantId: DEFAULT_TENANT_ID,
      digest: id,
      reason: 'not_json',
      decision: 'kept',
      lane: null,
      error: { type: 'CardError', message: isRefused ? 'the card was refused' : 'the card has expired' },
      fingerprint: 'f',
      title: 'CardError',
      broker: {},
      raw: Buffer.from('x'),
      rawContentType: null,
    })),
  )
  refused = letters
    .filter(({ isRefused }) => isRefused)
    .map(({ id }) => id)
    .toSorted()
    .toReversed()
})

test.each([
  ['a word', 'refused'],
  ['words one after the other', '"was refused"'],
  ['nothing but a word that must not be there', '-expired'],
])('%s: pages give everything once, newest first, over weeks and gaps', async (_, text) => {
  const found: string[] = []
  for (let isFollowed = true; isFollowed;) {
    const beforeId = found.at(-1)
    const page = await listDeadLetters(ledger.db, {
      tenantIds: [DEFAULT_TENANT_ID],
      filter: { text },
      limit: 7,
      ...(beforeId !== undefined && { beforeId }),
    })
    found.push(...page.map(({ id }) => id))
    isFollowed = page.length === 7
  }
  expect(found).toEqual(refused)
})

test('no text finds the weeks that stand among the words', async () => {
  const week = Math.floor(NOW_MS / WEEK_MS)
  for (const text of [`@${week}`, `"@${week}"`, `'@${week}'`]) {
    const filter = { text }
    expect(await listDeadLetters(ledger.db, { tenantIds: [DEFAULT_TENANT_ID], filter, limit: 7 })).toEqual([])
  }
})
