import { TOPOLOGY, type TopologyObject } from './topology.ts'

/** The topology as Markdown: one section per object, in the order of declaration. */
export function describeTopology(): string {
  return TOPOLOGY.map(describeObject).join('\n\n')
}

function describeObject(object: TopologyObject): string {
  switch (object.kind) {
    case 'exchange':
      return `### Exchange \`${object.name}\`\n\nType \`${object.type}\`, durable. ${object.why}`
    case 'binding':
      return `### Binding \`${object.exchange}\` to \`${object.queue}\`\n\nPattern \`${object.pattern}\`. ${object.why}`
    case 'queue': {
      const rows = object.arguments.map(({ name, value, why }) => `| \`${name}\` | \`${value}\` | ${why} |`)
      const table = ['| argument | value | why |', '|---|---|---|', ...rows].join('\n')
      return `### Queue \`${object.name}\`\n\nDurable. ${object.why}\n\n${table}`
    }
  }
}
