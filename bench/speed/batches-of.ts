/** The sizes of the batches that make up so many: all full but perhaps the last. */
export function batchesOf(size: number, count: number): readonly number[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, index) => Math.min(size, count - index * size))
}
