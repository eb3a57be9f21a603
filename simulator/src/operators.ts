import { ask } from '@redrive/shared/protocol'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import type { AnyFlow } from './effect.ts'
import type { ApiProcess } from './processes.ts'
import type { World } from './world.ts'

const BY = { actor: 'an operator', reason: null } as const

/** An operator acts on any task or dead letter, whether or not that makes sense at the moment. */
export function operate(world: World, api: ApiProcess): void {
  const { random, tables } = world
  const redriven = tables.openWhere(({ redrivenFrom }) => redrivenFrom !== null)
  if (random.chance(0.3) && redriven.length > 0) {
    const deadLetterId = random.pick(redriven)?.redrivenFrom ?? ''
    world.begin(api, 'recall', ask('recallDeadLetter', { ...BY, tenantId: DEFAULT_TENANT_ID, deadLetterId }))
    return
  }
  const letter = random.pick([...tables.letters.keys()])
  const task = random.pick([...tables.tasks.keys()])
  if (random.chance(0.25) && task !== undefined) {
    const cancellation = { ...BY, tenantId: DEFAULT_TENANT_ID, id: task, auditId: world.newId() }
    world.begin(api, 'cancel', ask('cancelTask', cancellation))
  } else if (letter !== undefined) world.begin(api, 'operate', actOn(world, letter))
}

function actOn({ newId, protocol, random }: World, deadLetterId: string): AnyFlow {
  const order = { ...BY, tenantId: DEFAULT_TENANT_ID, deadLetterId }
  const draw = random.next()
  if (draw < 0.6)
    return protocol.redriveTask({
      ...order,
      auditId: newId(),
      input: null,
      lane: random.chance(0.2) ? 'low' : null,
      attempts: random.chance(0.3) ? 1 : null,
    })
  if (draw < 0.85) return ask('recallDeadLetter', order)
  return ask('closeDeadLetter', { ...order, auditId: newId(), state: 'discarded' })
}
