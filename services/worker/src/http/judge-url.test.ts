import { describe, expect, test } from '@jest/globals'
import { parseAllowedTarget } from '@redrive/shared/task'
import { createAllowList } from './allow-list.ts'
import { hostOf, judgeUrl, portOf, refuseAddress } from './judge-url.ts'

/** Why a request to the URL is refused whose host has this address, or null. */
function refusalOf(text: string, { address = '1.1.1.1', allowed = [] as readonly string[] } = {}) {
  const url = new URL(text)
  const list = createAllowList(allowed.map((target) => parseAllowedTarget(target)!))
  const verdict = judgeUrl(url, list)
  if (!verdict.isAllowed) return verdict.reason
  const isLiteral = /^[\d.]+$|:/.test(hostOf(url))
  return isLiteral ? null : refuseAddress(address, { terms: verdict.terms, port: portOf(url), list })
}

test.each([
  'https://example.com/hooks',
  'https://example.com:8443/',
  'https://1.1.1.1/',
  'https://[2606:4700::1111]/',
])('%s may be reached', (url) => {
  expect(refusalOf(url)).toBeNull()
})

test.each([
  ['http://example.com/', /without TLS.*listed targets/],
  ['https://example.com:22/', /another port.*listed targets/],
  ['https://example.com:80/', /another port.*listed targets/],
  ['ftp://example.com/', /only http and https/],
  ['file:///etc/passwd', /only http and https/],
  ['https://user@example.com/', /credentials/],
  ['https://user:word@example.com/', /credentials/],
  ['https://:word@example.com/', /credentials/],
])('%s may not', (url, reason) => {
  expect(refusalOf(url)).toMatch(reason)
})

describe('a loopback or metadata address is seen through its notation:', () => {
  test.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://127.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7F.1/',
    'https://0177.0.0.1/',
    'https://017700000001/',
    'https://127.0.0.1./',
    'https://①②⑦.0.0.1/',
    'https://127。0。0。1/',
    'https://%31%32%37.0.0.1/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://2852039166/',
    'https://0xa9fea9fe/',
    'https://0251.0376.0251.0376/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://0/',
    'https://0.0.0.0/',
    'https://[::]/',
  ])('%s', (url) => {
    expect(refusalOf(url)).toMatch(/^it leads to a (loopback|metadata|reserved|unspecified) address$/)
  })
})

test.each([
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  'fd00::1',
  '::ffff:10.0.0.1',
  '100.64.0.1',
  '224.0.0.1',
])('a name that resolves to %s is refused', (address) => {
  expect(refusalOf('https://example.com/', { address })).toMatch(/^it leads to a/)
})

describe('a listed', () => {
  test.each([
    [['billing.internal'], 'http://billing.internal:8080/', '10.0.0.7'],
    [['billing.internal'], 'http://BILLING.internal./', '10.0.0.7'],
    [['billing.internal:8080'], 'http://billing.internal:8080/', 'fd00::7'],
    [['*.internal'], 'http://a.b.internal/', '127.0.0.1'],
    [['10.1.0.0/16'], 'http://10.1.2.3:9000/', ''],
    [['10.1.0.0/16'], 'http://named.example/', '10.1.2.3'],
    [['10.1.2.3:9000'], 'http://10.1.2.3:9000/', ''],
    [['[fd00::7]:9000'], 'http://[fd00::7]:9000/', ''],
    [['fd00::/8'], 'http://[fd12::7]/', ''],
    [['127.0.0.1'], 'http://[::ffff:127.0.0.1]:1/', ''],
    [['169.254.169.254'], 'http://169.254.169.254/', ''],
    [['10.1.0.0/16'], 'https://example.com/', '1.1.1.1'],
  ])('%j opens %s', (allowed, url, address) => {
    expect(refusalOf(url, { allowed, address })).toBeNull()
  })

  test.each([
    [['billing.internal:8080'], 'http://billing.internal:8081/', '10.0.0.7'],
    [['billing.internal'], 'http://x.billing.internal/', '10.0.0.7'],
    [['*.internal'], 'http://internal/', '10.0.0.7'],
    [['*.internal'], 'http://evilinternal/', '10.0.0.7'],
    [['*.internal'], 'http://a.internal/', '169.254.169.254'],
    [['*.internal'], 'http://a.internal/', 'fe80::1'],
    [['10.1.0.0/16'], 'http://10.2.0.1/', ''],
    [['10.1.0.0/16'], 'http://named.example/', '10.2.0.1'],
    [['10.1.2.3:9000'], 'http://10.1.2.3:9001/', ''],
    [['10.1.0.0/16'], 'http://user:word@10.1.2.3/', ''],
  ])('%j does not open %s at %s', (allowed, url, address) => {
    expect(refusalOf(url, { allowed, address })).not.toBeNull()
  })
})
