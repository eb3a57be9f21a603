import { describe, expect, test } from '@jest/globals'
import { parseTaskFilter } from './index.ts'

const now = new Date('2026-11-25T12:00:00.000Z')

describe('a filter of tasks', () => {
  test('has the states and lanes of tasks', () => {
    expect(parseTaskFilter({ state: 'failed,running', lane: '!low' }, now)).toEqual({
      filter: { lane: { noneOf: ['low'] }, state: { anyOf: ['failed', 'running'] } },
    })
    expect(parseTaskFilter({ state: 'carried' }, now)).toMatchObject({ errors: [{ field: 'state' }] })
  })

  test.each([{ text: 'refused' }, { 'input.a': '1' }, { text: 'refused', createdBefore: '-1d' }])(
    '%j, which looks into tasks without a time to begin at, is refused',
    (sent) => {
      const message = expect.stringContaining('needs a time to look through')
      expect(parseTaskFilter(sent, now)).toEqual({ errors: [{ field: Object.keys(sent)[0], message }] })
    },
  )

  test.each([{ createdAt: '>=-1d' }, { createdAfter: '-1d' }, { createdAt: '2026-11-24..2026-11-25' }])(
    'may look into tasks within %j',
    (time) => {
      expect(parseTaskFilter({ text: 'refused', 'input.a': '1', ...time }, now)).toMatchObject({
        filter: { text: 'refused', input: [{ path: ['a'] }] },
      })
    },
  )

  test('knows no fields of dead letters', () => {
    expect(parseTaskFilter({ fingerprint: 'x' }, now)).toMatchObject({ errors: [{ field: 'fingerprint' }] })
  })
})
