/** Does each item in order, so many at a time. The first failure rejects. */
export async function inParallel<Item>(
  atOnce: number,
  items: readonly Item[],
  act: (item: Item) => Promise<unknown>,
): Promise<void> {
  const line = items.values()
  const takeTurns = async (): Promise<void> => {
    for (const item of line) await act(item)
  }
  await Promise.all(Array.from({ length: atOnce }, takeTurns))
}
