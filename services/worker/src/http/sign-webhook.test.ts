import { expect, test } from '@jest/globals'
import { readWebhookKeys } from '@redrive/shared/task'
import { signWebhook } from './sign-webhook.ts'

const content = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestampS: 1_614_265_330,
  body: Buffer.from('{"test": 2432232314}'),
}

test('a signature is the one that the libraries of Standard Webhooks are tested with', () => {
  const keys = readWebhookKeys('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')!
  expect(signWebhook(content, keys)).toEqual({
    'webhook-id': content.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('two keys make two signatures, of which each is the one that its key makes alone', () => {
  const keys = [Buffer.alloc(24, 1), Buffer.alloc(24, 2)]
  const alone = keys.map((key) => signWebhook(content, [key])['webhook-signature'])
  expect(signWebhook(content, keys)['webhook-signature']).toBe(alone.join(' '))
})
