import { z } from 'zod'
import { MAX_CALLBACK_URL_LENGTH } from '../task/index.ts'

/** Where to tell of a task's ending. Whether the address may be called is decided when it is, by what it resolves to then. */
export const callbackUrlSchema = z
  .string()
  .max(MAX_CALLBACK_URL_LENGTH)
  .superRefine((text, context) => {
    const complaint = findComplaint(text)
    if (complaint !== null) context.addIssue({ code: 'custom', message: complaint })
  })
  .meta({
    format: 'uri',
    description:
      'An address that begins with https:// or http://. When the task has ended, whichever way, a task of type `http.request` posts the news there.',
    examples: ['https://example.com/hooks/redrive'],
  })

function findComplaint(text: string): string | null {
  // n.b. WHATWG's parser forgives spaces, backslashes, and slashes too few or too many; what it made of them may not be what was meant.
  if (!/^https?:\/\/[^\s\\/][^\s\\]*$/i.test(text) || !URL.canParse(text))
    return 'expected an address that begins with https:// or http://'
  const { username, password } = new URL(text)
  return username === '' && password === '' ? null : 'must not contain a user or a password'
}
