import { describeTopology } from '@redrive/shared/broker'
import { generatedPart } from './generated-document.ts'

const PREFACE = `# Broker topology

What Redrive declares in RabbitMQ, in this order, and why. Every service asserts all of it when it connects; an object
that exists with other arguments is a fatal error that names it.`

export const brokerTopology = generatedPart('docs/broker-topology.md', PREFACE, describeTopology)
