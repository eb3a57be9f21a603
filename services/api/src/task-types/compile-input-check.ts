import type { FieldError } from '@redrive/shared/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { explainInputErrors } from './explain-input-errors.ts'

/** What is wrong with an input, with pointers that begin at the input itself; empty when it fits. */
export type InputCheck = (input: unknown) => readonly FieldError[]

/**
 * Makes a check from a registered JSON Schema, or null where the schema cannot be used. Such a type stays usable: the
 * worker checks every input again by its own schema.
 */
export function compileInputCheck(inputSchema: Readonly<Record<string, unknown>>): InputCheck | null {
  const validate = compile(inputSchema)
  if (validate === null) return null
  return (input) => (validate(input) ? [] : explainInputErrors(validate.errors ?? []))
}

function compile(inputSchema: Readonly<Record<string, unknown>>) {
  // Another dialect than 2020-12 is read as this one, which differs only in corners.
  const { $schema: _, $id: __, $async: ___, ...schema } = inputSchema
  try {
    // An instance for each type, so that identifiers inside one schema never meet those of another. n.b. No coercion.
    const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, logger: false })
    addFormats.default(ajv)
    return ajv.compile(schema)
  } catch {
    // The caller says so in the log, with the type's name.
    return null
  }
}
