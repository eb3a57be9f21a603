import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { groupSchema, pageSchema } from '@redrive/shared/contract'
import { GROUP_ORDERS } from '@redrive/shared/database'
import { EVENTS, METRICS, SETTINGS } from '@redrive/shared/runtime'
import { GROUP_STATES, GROUP_TRANSITIONS } from '@redrive/shared/task'
import { REPOSITORY_FOLDER } from '@redrive/shared/testing'

const page = readFileSync(join(REPOSITORY_FOLDER, 'docs/groups.md'), 'utf8')
const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json!))

test('the acts on groups are documented as they are', () => {
  const rows = [...page.matchAll(/^\| `POST …\/groups\/\{fingerprint\}\/(\w+)` \| ([\w, ]+) \| `(\w+)`/gm)]
  const documented = rows.map(([, act, from, to]) => [act, { from: from!.split(', ').toSorted(), to }])
  const real = Object.entries(GROUP_TRANSITIONS).map(([act, { from, to }]) => [
    act,
    { from: from.toSorted(), to },
  ])
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(real))
})

test('states, orders, events, settings and metrics are those that exist', () => {
  for (const word of [...GROUP_STATES, ...GROUP_ORDERS]) expect(page).toContain(`\`${word}\``)
  const events = [...page.matchAll(/^\| `((?:group|error_rate)\.\w+)`/gm)].map(([, name]) => name!)
  expect(events.toSorted()).toEqual(
    Object.keys(EVENTS)
      .filter((name) => /^(group|error_rate)\./.test(name))
      .toSorted(),
  )
  const settings = new Set(page.match(/\bALERT_\w+/g))
  expect([...settings].toSorted()).toEqual(
    SETTINGS.map(({ name }) => name as string)
      .filter((name) => name.startsWith('ALERT_'))
      .toSorted(),
  )
  const metrics = page.match(/\bredrive_\w+/g) ?? []
  expect(metrics.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([])
})

test('the answers shown have the form that the api gives them', () => {
  const [list, ignored, alert] = blocks
  expect(pageSchema(groupSchema).parse(list)).toEqual(list)
  expect(groupSchema.partial().loose().parse(ignored)).toEqual(ignored)
  expect(EVENTS).toHaveProperty([alert.type])
})
