import type { BrokerConnection, ManagementClient, TicketPublisher } from '@redrive/shared/broker'
import type { Database } from '@redrive/shared/database'
import type { ApiSettings, Events, Readiness } from '@redrive/shared/runtime'
import type { Admission } from './http/admission.ts'
import type { BodyRoom } from './http/body-room.ts'
import type { BacklogGate } from './submission/backlog-gate.ts'
import type { Submitter } from './submission/submitter.ts'
import type { TaskTypeDirectory } from './task-types/task-type-directory.ts'
import type { TenantDirectory } from './tenants/tenant-directory.ts'
import type { EndingWatch } from './waiting/ending-watch.ts'

/** What routes work with. */
export interface ApiParts {
  readonly settings: ApiSettings
  readonly events: Events
  readonly db: Database['db']
  readonly connection: BrokerConnection
  readonly publisher: TicketPublisher
  /** Null where no management API is configured. */
  readonly management: ManagementClient | null
  readonly types: TaskTypeDirectory
  readonly tenants: TenantDirectory
  readonly admission: Admission
  readonly backlog: BacklogGate
  readonly bodies: BodyRoom
  readonly submitter: Submitter
  readonly endings: EndingWatch
  readiness(): Promise<Readiness>
}
