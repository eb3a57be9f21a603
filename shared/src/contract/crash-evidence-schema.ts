import { z } from 'zod'

/** What a worker saw of a process that died with the attempt that it ran alone. */
export const crashEvidenceSchema = z
  .object({
    exitCode: z.int().nullable(),
    signal: z
      .string()
      .nullable()
      .meta({ examples: ['SIGABRT', 'SIGKILL'] }),
    memoryPeakBytes: z
      .number()
      .nullable()
      .meta({ description: 'Its greatest resident memory that was seen.' }),
    lastOutput: z
      .array(z.string())
      .meta({ description: 'The last lines that it wrote to stdout and stderr, oldest first.' }),
  })
  .meta({ id: 'CrashEvidence' })

export type CrashEvidenceResource = z.infer<typeof crashEvidenceSchema>
