import { expect, test } from '@jest/globals'
import { readWebhookKeys } from './read-webhook-keys.ts'

const secret = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`

test('one secret is one key, and several are several, in their order', () => {
  expect(readWebhookKeys(secret(24))).toEqual([Buffer.alloc(24, 7)])
  expect(readWebhookKeys(`${secret(32)}, ${secret(64)} ${secret(24)}`)?.map((key) => key.length)).toEqual([
    32, 64, 24,
  ])
})

test('64 hexadecimal digits are a key, as deploy/make-secrets.sh writes them', () => {
  expect(readWebhookKeys(`whsec_${'0a'.repeat(32)}`)?.[0]).toHaveLength(48)
})

test.each([
  '',
  ',',
  'whsec_',
  secret(23),
  secret(65),
  secret(32).slice('whsec_'.length),
  `${secret(32)},short`,
  'whsec_not base64!',
])('%j is refused', (text) => {
  expect(readWebhookKeys(text)).toBeNull()
})
