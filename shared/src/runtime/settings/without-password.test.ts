import { expect, test } from '@jest/globals'
import { withoutPassword } from './without-password.ts'

test('blanks the password and nothing else', () => {
  expect(withoutPassword('amqp://user:secret@host:5672/vhost')).toBe('amqp://user:***@host:5672/vhost')
  expect(withoutPassword('postgres://host/database')).toBe('postgres://host/database')
})

test('hides text that is no address but may hold a password', () => {
  expect(withoutPassword('user:secret@host:port')).not.toContain('secret')
  expect(withoutPassword('host')).toBe('host')
})
