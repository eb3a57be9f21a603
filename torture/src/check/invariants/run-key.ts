/** One run of a task: the attempt and what the handlers wrote about it have the same. */
export function runKey({ taskId, attempt }: { readonly taskId: string; readonly attempt: number }): string {
  return `${taskId}#${attempt}`
}
