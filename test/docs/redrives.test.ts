import { expect, test } from '@jest/globals'
import { REDRIVE_COMMANDS, REDRIVE_STATES, SKIP_CODES, decideRedriveCommand } from '@redrive/shared/task'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'

const page = readFileSync(join(REPOSITORY_FOLDER, 'docs/redrives.md'), 'utf8')

test('the table of commands is that of the code', () => {
  const cell = (decision: ReturnType<typeof decideRedriveCommand>): string => {
    if (decision === 'refused') return '–'
    return decision === 'same' ? '=' : `✓ ${decision.to}`
  }
  const states = ['planned', 'running', 'paused', 'stopped', 'completed', 'expired'] as const
  expect(states.toSorted()).toEqual([...REDRIVE_STATES].toSorted())
  const rows = REDRIVE_COMMANDS.map((command) => {
    const cells = states.map((state) => cell(decideRedriveCommand(command, state)))
    return `| \`${command}\` | ${cells.join(' | ')} |`
  })
  expect(page).toContain(
    ['', `| | ${states.join(' | ')} |`, '|---|---|---|---|---|---|---|', ...rows, ''].join('\n'),
  )
})

test('every reason to skip a member is explained, and no other', () => {
  const table = page.slice(page.indexOf('| code |'))
  const explained = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code)
  expect(explained).toEqual([...SKIP_CODES])
})
