/** What a newcomer needs next: where Redrive is, the key, and commands to paste that show what it does. */
export function welcome({
  apiUrl,
  key,
  logFolder,
}: {
  apiUrl: string
  key: string
  logFolder: string
}): string {
  const curl = `curl -s -H 'Authorization: Bearer ${key}'`
  const post = `${curl} -H 'Content-Type: application/json'`
  const tasks =
    'Array.from({ length: 1000 }, () => ({ type: "demo.work", input: { durationMs: 20, failureRate: 0.2 }, maxAttempts: 1 }))'
  const addition = '{"type":"math.add","input":{"a":"123456789012345678901234567890","b":1}}'
  const idOf = 'JSON.parse(require("node:fs").readFileSync(0)).id'
  return `
Redrive is ready.

  API            ${apiUrl}/api/v1
  reference      ${apiUrl}/docs
  key            ${key}
  logs           ${logFolder}

Three commands to paste into another terminal:

1. Add two numbers of any size, and wait for the result:

   ${curl} -H 'Prefer: wait=10' "${apiUrl}/api/v1/tasks/$(${post} ${apiUrl}/api/v1/tasks -d '${addition}' | node -p '${idOf}')/result"; echo

2. Submit 1,000 tasks of which every fifth fails at its only attempt:

   node -p 'JSON.stringify(${tasks})' | ${post} ${apiUrl}/api/v1/tasks/bulk --data-binary @- | cut -c 1-120

3. A second later, see how one of them died, with its explanation, after its way through RabbitMQ's error queue:

   ${curl} '${apiUrl}/api/v1/dead-letters?state=open&limit=1'; echo

Ctrl-C stops everything and keeps the data.
`
}
