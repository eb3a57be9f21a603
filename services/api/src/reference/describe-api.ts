import { problemSchema } from '@redrive/shared/contract'
import { version } from '@redrive/shared/runtime'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi'
import type { Route, RouteResponse } from '../http/route.ts'
import { ProblemError } from '../problem-error.ts'
import { type ProblemCode, PROBLEMS } from '../problems.ts'
import { problemBody } from '../to-problem.ts'
import { problemsOf } from './problems-of.ts'

/** The OpenAPI 3.1 document of these routes, made from what serves them. */
export function describeApi(routes: readonly Route[]): Record<string, unknown> {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: describeRoute(route) }
  }
  const document = createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Redrive',
      version,
      description:
        'Background tasks that are never lost. Every error is a problem (RFC 9457) with a stable code.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        password: {
          type: 'http',
          scheme: 'basic',
          description: 'Any user name, with the API key as the password.',
        },
      },
    },
    paths,
  })
  return document as unknown as Record<string, unknown>
}

function describeRoute(route: Route): ZodOpenApiOperationObject {
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    tags: [route.tag],
    security: route.access === 'public' ? [] : [{ apiKey: [] }, { password: [] }],
    requestParams: {
      ...(route.params !== undefined && { path: route.params }),
      ...(route.query !== undefined && { query: route.query }),
      ...(route.headers !== undefined && { header: route.headers }),
    },
    ...(route.body !== undefined && {
      requestBody: {
        required: route.body.isOptional !== true,
        content: { 'application/json': { schema: route.body.schema, example: route.body.example } },
      },
    }),
    responses: describeResponses(route),
  }
}

function describeResponses(route: Route): ZodOpenApiResponsesObject {
  const responses: Record<string, ZodOpenApiResponseObject> = {}
  for (const [status, response] of Object.entries(route.responses))
    responses[status] = describeResponse(response)
  for (const [status, codes] of Map.groupBy(problemsOf(route), (code) => PROBLEMS[code].status)) {
    const known = responses[status]
    const problem = describeProblems(codes)
    responses[status] =
      known === undefined ? problem : { ...known, content: { ...known.content, ...problem.content } }
  }
  return responses as ZodOpenApiResponsesObject
}

function describeResponse({
  description,
  schema,
  example,
  contentType,
  headers,
}: RouteResponse): ZodOpenApiResponseObject {
  const type = contentType ?? 'application/json'
  return {
    description,
    ...(headers !== undefined && { headers }),
    content: { [type]: schema === undefined ? { schema: { type: 'string' } } : { schema, example } },
  }
}

const EXAMPLE_REQUEST_ID = 'f1c9a4de-6d0b-4f2c-9a53-1f7b6a1d2e3c'

function describeProblems(codes: readonly ProblemCode[]): ZodOpenApiResponseObject {
  const examples = codes.map((code) => {
    const problem = problemBody(
      new ProblemError(code, { detail: PROBLEMS[code].meaning }),
      EXAMPLE_REQUEST_ID,
    )
    return [code, { summary: PROBLEMS[code].title, value: problem }] as const
  })
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
    content: {
      'application/problem+json': { schema: problemSchema, examples: Object.fromEntries(examples) },
    },
  }
}
