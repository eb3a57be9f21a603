import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parseAllowedTarget } from './parse-allowed-target.ts'

test.each([
  ['hooks.example', { kind: 'name', name: 'hooks.example', isBelow: false, port: null }],
  ['Hooks.Example:8080', { kind: 'name', name: 'hooks.example', isBelow: false, port: 8080 }],
  ['*.internal', { kind: 'name', name: 'internal', isBelow: true, port: null }],
  ['localhost', { kind: 'name', name: 'localhost', isBelow: false, port: null }],
  ['10.1.0.0/16', { kind: 'range', network: '10.1.0.0', prefix: 16, family: 'ipv4', port: null }],
  ['10.1.2.3', { kind: 'range', network: '10.1.2.3', prefix: 32, family: 'ipv4', port: null }],
  ['10.1.2.3:80', { kind: 'range', network: '10.1.2.3', prefix: 32, family: 'ipv4', port: 80 }],
  ['::1', { kind: 'range', network: '::1', prefix: 128, family: 'ipv6', port: null }],
  ['[::1]:9000', { kind: 'range', network: '::1', prefix: 128, family: 'ipv6', port: 9000 }],
  ['fd00::/8', { kind: 'range', network: 'fd00::', prefix: 8, family: 'ipv6', port: null }],
])('%s is a target', (text, target) => {
  expect(parseAllowedTarget(text)).toEqual(target)
})

test.each([
  '',
  '*',
  '*.',
  'a b',
  'https://example.com',
  'example.com/path',
  'example.com:0',
  'example.com:65536',
  'example.com:',
  '10.0.0.0/33',
  'fd00::/129',
  '10.0.0.0/',
  '10.1',
  '0x7f.1',
  '2130706433',
  '300.1.1.1',
  '[10.0.0.1]:80',
  '[example.com]:80',
  'fe80::1%eth0/64',
  '-a.example',
  'a..b',
  'ünicode.example',
])('%j is none', (text) => {
  expect(parseAllowedTarget(text)).toBeNull()
})

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string(), (text) => parseAllowedTarget(text) !== undefined))
})
