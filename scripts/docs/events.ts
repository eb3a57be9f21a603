import { EVENTS, METRICS } from '@redrive/shared/runtime'
import { generatedPart } from './generated-document.ts'
import { code, markdownTable } from './markdown-table.ts'

const PREFACE = `# Events and metrics

Whatever happens in Redrive that someone may want to know is a named event. Each becomes a line of JSON on standard
output, with \`event\`, its fields, \`service\`, \`version\` and \`time\`, if its level reaches \`LOG_LEVEL\`; many also count
for metrics, whatever the level. \`/metrics\` on \`METRICS_PORT\` has these and the usual ones of a Node process.`

export const events = generatedPart('docs/events.md', PREFACE, () =>
  ['## Events', eventTable(), '## Metrics', metricTable()].join('\n\n'),
)

function eventTable(): string {
  const rows = Object.entries(EVENTS).map(([name, { level, meaning, fields }]) => [
    code(name),
    level,
    Object.entries(fields).map(fieldText).join(', '),
    meaning,
  ])
  return markdownTable(['event', 'level', 'fields (? may be missing)', 'meaning'], rows.toSorted(byName))
}

function metricTable(): string {
  const rows = Object.entries(METRICS).map(([name, { kind, labels, meaning }]) => [
    code(name),
    kind,
    labels.map(code).join(', '),
    meaning,
  ])
  return markdownTable(['metric', 'kind', 'labels', 'meaning'], rows.toSorted(byName))
}

function fieldText([name, kind]: [string, string]): string {
  return code(kind.endsWith('?') ? `${name}?` : name)
}

function byName([left = '']: readonly string[], [right = '']: readonly string[]): number {
  return left < right ? -1 : 1
}
