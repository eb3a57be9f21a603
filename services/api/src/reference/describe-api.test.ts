import { describe, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { PROBLEMS } from '../problems.ts'
import { allRoutes } from '../routes/all-routes.ts'
import { describeApi } from './describe-api.ts'
import { problemsOf } from './problems-of.ts'

const routes = allRoutes()
const document = describeApi(routes) as {
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, object>; security: unknown[] }>
  >
}

describe('the document of the api', () => {
  test('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(document))
    expect(result).toMatchObject({ valid: true })
  })

  test('has exactly the routes that are served', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(documented.toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted())
  })

  test('gives every operation a name of its own', () => {
    const ids = routes.map((route) => route.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('asks for a key on everything under /api', () => {
    for (const route of routes) expect(route.access === 'public').toBe(!route.path.startsWith('/api/'))
  })

  test('lists each problem of a route under its status', () => {
    for (const route of routes) {
      const { responses } = document.paths[route.path]![route.method.toLowerCase()]!
      for (const code of problemsOf(route)) {
        expect(JSON.stringify(responses[PROBLEMS[code].status])).toContain(code)
      }
    }
  })
})

test('every example of an answer fits its own schema', () => {
  for (const route of routes) {
    for (const { schema, example } of Object.values(route.responses)) {
      if (schema === undefined || example === undefined) continue
      expect(schema.parse(example)).toEqual(example)
    }
    if (route.body !== undefined)
      expect(route.body.schema.parse(route.body.example)).toEqual(route.body.example)
  }
})

test('every problem belongs to a route, or to what never becomes a request', () => {
  const used = new Set(routes.flatMap(problemsOf))
  const ofNoRoute = ['HEADERS_TOO_LARGE', 'METHOD_NOT_ALLOWED', 'ROUTE_NOT_FOUND']
  expect(
    Object.keys(PROBLEMS).filter((code) => !used.has(code as never) && !ofNoRoute.includes(code)),
  ).toEqual([])
})

test('codes and their table are in alphabetical order', () => {
  expect(Object.keys(PROBLEMS)).toEqual(Object.keys(PROBLEMS).toSorted())
})
