// Addresses of servers and parts of URLs; whatever is shown holds no user, password or token.
import { expect, test } from 'vitest';
import { addressText, bareHost, decodedPart, withoutUser } from '../../../src/adapter/server-address.ts';

test('an address is shown as a URL writes it', () => {
  expect(addressText({ host: 'h', port: 1 })).toBe('h:1');
  expect(addressText({ host: bareHost('[::1]'), port: 2 })).toBe('[::1]:2');
});

test('a part whose percent signs are not well formed is none', () => {
  expect([decodedPart('p%40ss'), decodedPart(''), decodedPart('50%')]).toEqual(['p@ss', '', undefined]);
});

test.each([
  ['nats://user:secret@h:1/p', 'nats://***@h:1/p'],
  ['nats://secret@h', 'nats://***@h'],
  ['redis://:secret@secret@h/0?prefix=a', 'redis://***@h/0?prefix=a'],
  ['redis://h/0?prefix=a@b', 'redis://h/0?prefix=a@b'],
])('G2 %s is shown without its user', (url, shown) => {
  expect(withoutUser(url)).toBe(shown);
});
