// The few lines of HTTP that the examples share. Plain Node 20 and later, no dependency.
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

// What `npm start` wrote for those who want to talk to it; the environment wins.
const settingsFile = new URL('../.redrive/services.env', import.meta.url)
const settings = Object.fromEntries(
  (existsSync(settingsFile) ? readFileSync(settingsFile, 'utf8') : '')
    .split('\n')
    .map((line) => line.split(/=(.*)/)),
)
const url = process.env.API_URL ?? settings.API_URL
const key = process.env.ADMIN_API_KEY ?? settings.ADMIN_API_KEY
if (!url || !key)
  throw new Error('Redrive was not found: run `npm start` first, or set API_URL and ADMIN_API_KEY.')

/** Calls the api and returns the parsed answer; throws with the problem's own words. */
export async function call(path, body, headers = {}) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`${response.status} ${answer.code}: ${answer.detail}`)
  return answer
}

/** Every item of a list, page by page. */
export async function list(path) {
  const items = []
  let page = await call(`${path}&limit=1000`)
  items.push(...page.items)
  while (page.nextCursor !== null) {
    page = await call(`${path}&limit=1000&cursor=${encodeURIComponent(page.nextCursor)}`)
    items.push(...page.items)
  }
  return items
}

/** Looks twice a second until the condition holds. */
export async function until(condition) {
  for (;;) {
    const found = await condition()
    if (found) return found
    await delay(500)
  }
}
