import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'redrive-docs-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function generate(...options: string[]): { status: number | null; stderr: string } {
  const script = join(root, 'scripts/generate-docs.ts')
  const parameters = ['--conditions=redrive:source', '--no-warnings', script, ...options]
  return spawnSync(process.execPath, parameters, { encoding: 'utf8' })
}

test('the documents of the repository match the code', () => {
  expect(generate('--check')).toMatchObject({ status: 0, stderr: '' })
})

test('prose written by hand survives, and a generated part that was changed is named and refreshed', () => {
  generate('--into', folder)
  expect(generate('--check', '--into', folder)).toMatchObject({ status: 0 })

  const file = join(folder, 'docs/crash-windows.md')
  const fresh = readFileSync(file, 'utf8')
  writeFileSync(file, `${fresh}\nBy hand.\n`)
  expect(generate('--check', '--into', folder)).toMatchObject({ status: 0 })

  writeFileSync(file, `${fresh.replace('### claim.received', '### claim.revised')}\nBy hand.\n`)
  const stale = generate('--check', '--into', folder)
  expect(stale).toMatchObject({
    status: 1,
    stderr: 'docs/crash-windows.md does not match the code. Run: npm run docs\n',
  })

  generate('--into', folder)
  expect(readFileSync(file, 'utf8')).toBe(`${fresh}\nBy hand.\n`)
})

test('every line that the connection to RabbitMQ may log is documented, and no other', () => {
  const lines = (text: string): string[] => [...new Set(text.match(/\bbroker\.[a-z_]+/g))].toSorted()
  const sources = globSync('shared/src/broker/*.ts', { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .flatMap((code) => code.match(/'broker\.[a-z_]+'/g) ?? [])
  const page = readFileSync(join(root, 'docs/events.md'), 'utf8')
  expect(lines(page.slice(page.indexOf('## Lines of the connection')))).toEqual(lines(sources.join(' ')))
})
