import { expect, test } from '@jest/globals'
import { commandOf } from './command-of.ts'
import { readOptions } from './options.ts'

test.each([
  ['--minutes soon', '--minutes must be a number'],
  ['--rate 0', '--rate must be a number from 1'],
  ['--broker 2.8', '--broker must be one of 3.10'],
  ['--postgres 9', '--postgres must be one of 15'],
  ['--cluster 2', '--cluster must be an odd number'],
])('%s is refused by its name', (args, told) => {
  expect(() => readOptions(args.split(' '))).toThrow(told)
})

test('the command that a report names means the same run', () => {
  const args = '--seed 7 --only kill-api,kill-worker --each --broker 4.3 --cluster 3 --postgres 15'.split(' ')
  const options = readOptions(args)
  const [, again = ''] = commandOf(options).split(' -- ')
  expect(readOptions(again.split(' '))).toEqual(options)
})

test('a run without a seed gets one, which its command names', () => {
  const options = readOptions([])
  expect(commandOf(options)).toContain(`--seed ${options.seed}`)
})
