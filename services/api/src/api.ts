import {
  assertTopology,
  BrokerConnection,
  BrokerUnavailableError,
  ManagementClient,
  TicketPublisher,
  TopologyDriftError,
  virtualHostOf,
} from '@redrive/shared/broker'
import { createDatabase, type Database } from '@redrive/shared/database'
import {
  type ApiSettings,
  createEvents,
  createMetrics,
  type Events,
  type Logger,
  Loop,
  OperationsServer,
  type Readiness,
  registerGauge,
} from '@redrive/shared/runtime'
import type { ApiParts } from './api-parts.ts'
import { checkReadiness } from './check-readiness.ts'
import { createApp } from './http/create-app.ts'
import { HttpServer } from './http/http-server.ts'
import { allRoutes } from './routes/all-routes.ts'
import { ConfirmMarker } from './submission/confirm-marker.ts'
import { DirectRelease } from './submission/direct-release.ts'
import { LaneGate } from './submission/lane-gate.ts'
import { Submitter } from './submission/submitter.ts'
import { TaskTypeDirectory } from './task-types/task-type-directory.ts'
import { EndingWatch } from './waiting/ending-watch.ts'

/** Left of the grace for what follows the last answer: confirms, marks, connections. */
const AFTER_ANSWERS_MS = 8_000
