import { expect, test } from '@jest/globals'
import { createLogger } from './create-logger.ts'

function logged(error: Error): string {
  let text = ''
  const destination = { write: (line: string) => void (text += line) }
  createLogger({ service: 'test', level: 'info', destination }).error({ error }, 'It broke.')
  return text
}

test('an error of the database is logged with its message and code, and without the row that it repeats', () => {
  const refused = Object.assign(new Error('new row violates check constraint "x"'), {
    code: '23514',
    detail: 'Failing row contains (1, {"card": "4111"}).',
    where: 'JSON data, line 1: {"card": "4111"}',
  })
  const text = logged(refused)
  expect(text).toContain('violates check constraint')
  expect(text).toContain('23514')
  expect(text).not.toContain('4111')
})
