// What strangers may cost, when to dial again, and how refusals are told: the small parts around a connection.
import { expect, test } from 'vitest';
import type { Finding } from '../../../../../src/adapter/finding.ts';
import { AddressBook } from '../../../../../src/adapters/net/link/address-book.ts';
import { Backoff } from '../../../../../src/adapters/net/link/backoff.ts';
import { HandshakeGate, type Stranger } from '../../../../../src/adapters/net/link/handshake-gate.ts';
import { Penalties } from '../../../../../src/adapters/net/link/penalties.ts';
import { Refusals } from '../../../../../src/adapters/net/link/refusals.ts';

function strangers(): { gone: string[]; stranger(name: string, address: string): Stranger } {
  const gone: string[] = [];
  return { gone, stranger: (name, address) => ({ address, evict: () => gone.push(name) }) };
}

test('the oldest of an address makes room for its next one, and the oldest of the busiest for another address', () => {
  const { gone, stranger } = strangers();
  const gate = new HandshakeGate({ inAll: 4, perAddress: 3 });
  for (const name of ['x1', 'x2', 'x3', 'x4']) gate.enter(stranger(name, 'x'));
  expect(gone).toEqual(['x1']);
  gate.enter(stranger('y1', 'y'));
  gate.enter(stranger('z1', 'z'));
  expect([gone, gate.size]).toEqual([['x1', 'x2'], 4]);
  const admitted = stranger('w', 'w');
  gate.enter(admitted);
  gate.leave(admitted);
  gate.leave(admitted);
  expect([gone.length, gate.size]).toEqual([3, 3]);
});

test('delays double up to the limit and are spread; a link that was up begins anew', () => {
  const backoff = new Backoff({ baseDelayMs: 100, maxDelayMs: 1000 }, () => 1);
  expect([0, 1, 2, 3, 4, 5].map(() => backoff.ended(0, false))).toEqual([100, 200, 400, 800, 1000, 1000]);
  backoff.up(0);
  expect(backoff.ended(10, false)).toBe(100);
  expect(new Backoff({ baseDelayMs: 100, maxDelayMs: 1000 }, () => 0).ended(0, false)).toBe(50);
});

test('a breach weighs more, and is forgotten only after a stable half minute', () => {
  const backoff = new Backoff({ baseDelayMs: 100, maxDelayMs: 60_000 }, () => 1);
  backoff.up(0);
  expect(backoff.ended(1000, true)).toBe(1600);
  backoff.up(2000);
  expect(backoff.ended(31_999, true)).toBe(25_600);
  backoff.up(40_000);
  expect(backoff.ended(70_000, false)).toBe(100);
});

test('a breaker is refused for a growing while, one that keeps the protocol is not', () => {
  const penalties = new Penalties({ baseDelayMs: 100, maxDelayMs: 60_000 }, () => 1);
  expect(penalties.leftMs('b', 0)).toBe(0);
  penalties.breach('b', 0);
  expect([penalties.leftMs('b', 600), penalties.leftMs('c', 600), penalties.leftMs('b', 1700)]).toEqual([1000, 0, 0]);
  penalties.up('b', 1700);
  penalties.breach('b', 1800);
  expect(penalties.leftMs('b', 1800)).toBeGreaterThan(20_000);
  for (let nth = 0; nth < 2000; nth += 1) penalties.breach(`n${nth}`, 1800);
  expect(penalties.leftMs('b', 1800)).toBe(0);
});

test('refusals are counted by reason, and told at most every ten seconds with their number', () => {
  const findings: Finding[] = [];
  let nowMs = 0;
  const refusals = new Refusals(
    (finding) => findings.push(finding),
    () => nowMs,
  );
  for (; nowMs < 10_000; nowMs += 10) refusals.add('refused', 'A connection was refused.');
  refusals.add('refused', 'A connection was refused.');
  expect(findings.map(({ message }) => message)).toEqual([
    'A connection was refused.',
    'A connection was refused. (1000 times since it was told last)',
  ]);
  expect([refusals.total, refusals.byReason]).toEqual([1001, { refused: 1001 }]);
});

test('learned addresses are capped, expire unless told again or linked, and never local, own or wrong', () => {
  const book = new AddressBook({
    most: 3,
    mostPerNode: 2,
    expiryMs: 1000,
    selfId: 'self',
    isLearnable: (host) => host !== 'local',
    isOwn: (address) => address === 'own:1',
  });
  const told = [
    { nodeId: 'self', addresses: ['a:1'] },
    { nodeId: 'b', addresses: ['local:1', 'own:1', 'c:1'] },
    { nodeId: 'c', addresses: ['c:0', 'no address'] },
    { nodeId: 'd', addresses: ['d:1', 'd:2', 'd:3'] },
    { nodeId: 'e', addresses: ['d:1', 'e:1', 'e:2'] },
  ];
  expect(book.learn(told, 0).map(({ nodeId, address }) => `${nodeId} ${address.host}:${address.port}`)).toEqual([
    'd d:1',
    'd d:2',
    'e e:1',
  ]);
  expect(book.learn([{ nodeId: 'd', addresses: ['d:1'] }], 900)).toEqual([]);
  expect(book.expire(1000, (nodeId) => nodeId === 'e').map(({ address }) => address.port)).toEqual([2]);
  expect(book.size).toBe(2);
});
