import type { FieldError } from '@redrive/shared/contract'
import type { PatchableMember, PatchedInput, PatchInputs } from '@redrive/shared/database'
import type { KnownType } from '../task-types/known-type.ts'
import type { TaskTypeDirectory } from '../task-types/task-type-directory.ts'
import { unknownTypeDetail } from '../task-types/unknown-task-type.ts'
import { findSensitiveEdit } from './find-sensitive-edit.ts'
import { mergePatch } from './merge-patch.ts'

export interface InputPatching {
  readonly patch: Readonly<Record<string, unknown>>
  readonly types: TaskTypeDirectory
  readonly maxInputBytes: number
}

/** Edits the inputs of members, and checks each like a new one, by the type that the task has. */
export function patchInputs({ patch, types, maxInputBytes }: InputPatching): PatchInputs {
  return async (members) => {
    const names = new Set(members.flatMap(({ type }) => (type === null ? [] : [type])))
    const known = await types.findAll(names)
    return members.map((member): PatchedInput => {
      const type = known.get(member.type ?? '')
      if (type === undefined)
        return { skipCode: 'unknown_type', because: unknownTypeDetail(member.type ?? '', types.names()) }
      return patchInput(member, { type, patch, maxInputBytes })
    })
  }
}

interface MemberPatch {
  readonly type: KnownType
  readonly patch: unknown
  readonly maxInputBytes: number
}

function patchInput({ input }: PatchableMember, { type, patch, maxInputBytes }: MemberPatch): PatchedInput {
  const secret = findSensitiveEdit(patch, type.sensitive)
  if (secret !== null)
    return {
      skipCode: 'invalid_input',
      because: `the patch writes ${secret}, which is sensitive for the type ${type.name}: redrive it by itself, with an edited input`,
    }
  const edited = mergePatch(input, patch)
  const text = JSON.stringify(edited)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxInputBytes)
    return {
      skipCode: 'input_too_large',
      because: `the edited input has ${bytes} bytes, more than the ${maxInputBytes} that are allowed`,
    }
  const [fault] = type.checkInput?.(edited) ?? []
  if (fault === undefined) return { input: text }
  const because = `the edited input does not fit the type: ${fault.path || 'the input'} ${withoutValue(fault)}`
  return { skipCode: 'invalid_input', because }
}

/** What was expected, but not what was there: a reason is shown to whoever sees the member, an input perhaps not. */
function withoutValue({ expected, message }: FieldError): string {
  return expected === undefined ? message : `expected ${expected}`
}
