import { expect, test } from '@jest/globals'
import type { SettingDefinition } from './setting-definition.ts'
import { SETTINGS } from './settings-table.ts'

const definitions: readonly SettingDefinition[] = SETTINGS
const names = definitions.map(({ name }) => name)

test('the settings are in alphabetical order, each once', () => {
  expect(names).toEqual([...new Set(names)].sort())
})

test('a setting that follows another stands below it and belongs to the same services', () => {
  for (const { name, defaultFrom, services } of definitions.filter((one) => one.defaultFrom !== undefined)) {
    const followed = definitions.find((one) => one.name === defaultFrom)
    expect(names.indexOf(followed?.name ?? '')).toBeGreaterThanOrEqual(0)
    expect(names.indexOf(followed?.name ?? '')).toBeLessThan(names.indexOf(name))
    expect(followed?.services).toEqual(expect.arrayContaining([...services]))
  }
})

test('no secret has a default', () => {
  const secrets = definitions.filter(({ kind }) => kind === 'secret')
  expect(secrets.filter((one) => one.default !== undefined)).toEqual([])
})
