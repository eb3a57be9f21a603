import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { tellMutations } from './tell-mutations.ts'
import { isMutation, type Mutation, MUTATIONS } from './mutation.ts'
import { runSeeds } from './run-seeds.ts'

test.each(Object.keys(MUTATIONS).filter(isMutation))('the mutation %s is noticed', (mutation: Mutation) => {
  const { from, within, invariants } = MUTATIONS[mutation]
  const [first] = runSeeds({ from, count: within, mutation, maxBroken: 1 }).broken
  expect(invariants).toContain(first?.violation.invariant)
})

test('the documentation lists the mutations as they are', () => {
  const text = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8')
  const listed = /<!-- mutations -->\n(?<table>[^]*)<!-- \/mutations -->/u.exec(text)?.groups?.['table']
  expect(listed?.split('\n').map(withoutPadding).join('\n')).toBe(tellMutations())
})

function withoutPadding(line: string): string {
  return line.replaceAll(/ +/gu, ' ').replaceAll(/-{2,}/gu, '--')
}
