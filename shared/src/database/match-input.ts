import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { InputCondition, PathStep, Scalar } from '../filter/index.ts'

/**
 * Whether an input has, at a path, what a condition asks for. A path that meets a list looks at each element of it, as
 * Postgres does in its lax mode. Equality is served by an index of the class jsonb_path_ops.
 */
export function matchInput(column: RawBuilder<unknown>, condition: InputCondition): RawBuilder<SqlBool> {
  const paths = pathsOf(condition.path)
  const { anyOf, noneOf } = condition
  if (anyOf !== undefined) return predicate(column, equalities(paths, anyOf))
  if (noneOf === undefined)
    return predicate(
      column,
      anyPath(paths, (path) => boundsOf(path, condition)),
    )
  const exists = predicate(
    column,
    anyPath(paths, (path) => `exists(${path})`),
  )
  // n.b. The comparison of a text with a number is neither true nor false.
  return sql<SqlBool>`(${exists} and ${predicate(column, equalities(paths, noneOf))} is not true)`
}

function predicate(column: RawBuilder<unknown>, jsonPath: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`${column} @@ ${jsonPath}::jsonpath`
}

/** A number in a path is an index where there is a list, and else a key: every mixture of both is looked at. */
function pathsOf(steps: readonly PathStep[]): readonly string[] {
  return steps.reduce<readonly string[]>(
    (paths, step) =>
      paths.flatMap((path) => {
        const key = `${path}.${JSON.stringify(String(step))}`
        return typeof step === 'number' ? [`${path}[${step}]`, key] : [key]
      }),
    ['$'],
  )
}

function equalities(paths: readonly string[], values: readonly Scalar[]): string {
  return anyPath(paths, (path) => values.map((value) => `${path} == ${JSON.stringify(value)}`).join(' || '))
}

function boundsOf(path: string, { atLeast, above, atMost, below }: InputCondition): string {
  const tests = [
    ...(atLeast === undefined ? [] : [`@ >= ${atLeast}`]),
    ...(above === undefined ? [] : [`@ > ${above}`]),
    ...(atMost === undefined ? [] : [`@ <= ${atMost}`]),
    ...(below === undefined ? [] : [`@ < ${below}`]),
  ]
  return `exists(${path} ? (${tests.join(' && ')}))`
}

function anyPath(paths: readonly string[], test: (path: string) => string): string {
  return paths.map((path) => `(${test(path)})`).join(' || ')
}
