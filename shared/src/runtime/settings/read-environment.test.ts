import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NAMES_IN_FILE, readEnvironment } from './read-environment.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'redrive-environment-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  delete process.env.REDRIVE_TEST_A
  delete process.env.REDRIVE_TEST_B
})

test('the process wins over the file, and an empty text hides nothing', () => {
  writeFileSync(join(folder, '.env'), 'REDRIVE_TEST_A=file\nREDRIVE_TEST_B=file\nREDRIVE_TEST_C="a b"\n')
  process.env.REDRIVE_TEST_A = 'process'
  process.env.REDRIVE_TEST_B = ''

  const environment = readEnvironment(folder)

  expect(environment).toMatchObject({
    REDRIVE_TEST_A: 'process',
    REDRIVE_TEST_B: 'file',
    REDRIVE_TEST_C: 'a b',
  })
  expect(environment[NAMES_IN_FILE]).toEqual(['REDRIVE_TEST_A', 'REDRIVE_TEST_B', 'REDRIVE_TEST_C'])
  expect(process.env.REDRIVE_TEST_C).toBeUndefined()
})

test('a folder without a file gives the process environment', () => {
  process.env.REDRIVE_TEST_A = 'process'
  expect(readEnvironment(folder)).toMatchObject({ REDRIVE_TEST_A: 'process' })
})
