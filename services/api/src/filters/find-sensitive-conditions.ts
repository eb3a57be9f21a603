import type { SensitiveType } from '@redrive/shared/database'
import type { FilterFault, InputCondition, Words } from '@redrive/shared/filter'
import { isSensitivePath } from '@redrive/shared/task'

interface InputFilter {
  readonly type?: Words
  readonly input?: readonly InputCondition[]
}

/**
 * The conditions on the input that would tell a masked value by what they find, each as a fault: whoever can ask whether
 * a field is X need only ask often enough. Types that the filter leaves out do not count. Pure.
 */
export function findSensitiveConditions(
  { type, input = [] }: InputFilter,
  types: readonly SensitiveType[],
): FilterFault[] {
  const concerned = types.filter(({ name }) => isChosen(name, type))
  return input.flatMap(({ path }) => {
    const asked = path.join('.')
    const names = concerned
      .filter(({ sensitive }) => isSensitivePath(sensitive, asked))
      .map(({ name }) => name)
    if (names.length === 0) return []
    const message = `is sensitive in the type ${names.join(', ')}, so it cannot be searched for; leave it out, or choose other types`
    return [{ field: `input.${asked}`, message }]
  })
}

function isChosen(name: string, type: Words | undefined): boolean {
  if (type?.anyOf !== undefined) return type.anyOf.includes(name)
  return type?.noneOf?.includes(name) !== true
}
