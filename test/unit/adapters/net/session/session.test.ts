// The link protocol between two sessions: hello, refusals, messages in any pieces, window, silence, goodbye.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { helloMessage } from '../../../../../src/adapters/net/session/hello.ts';
import { helloOf, messageOf, pairUp, Side, settle } from './pair.ts';

test('a link is up on both sides after the hellos, whoever has the smaller id', () => {
  for (const [dialler, acceptor] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const { a, b } = pairUp(helloOf(dialler), helloOf(acceptor, { receives: false, durable: true }));
    expect([a.ups, b.ups]).toEqual([1, 1]);
    expect(a.session.peer).toEqual(helloOf(acceptor, { receives: false, durable: true }));
    expect(b.session.peer).toEqual(helloOf(dialler));
  }
});

test('the dialling side says nothing before it was let in', () => {
  const a = new Side({ self: helloOf('a'), dialled: true });
  a.session.start();
  expect(a.waiting).toBe(0);
});

test('messages arrive whole and in order, whatever the pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }),
      (lengths, pieces) => {
        const { a, b } = pairUp();
        const messages = lengths.map((length, index) => messageOf(length, index));
        for (const message of messages) a.session.send(message);
        for (let nth = 0; a.waiting > 0; nth += 1) a.move(b, pieces[nth % pieces.length]);
        expect(b.heard.map((each) => Buffer.from(each))).toEqual(messages.map((each) => Buffer.from(each)));
        expect(b.heard.every((each) => each.buffer.byteLength === each.length)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});

test.each([
  ['mesh', helloOf('b', { mesh: 'other' }), /"m".*"other"|"other".*"m"/],
  ['self', helloOf('a'), /itself/],
  ['version', helloOf('b', { major: 2, minor: 3 }), /1\.0.*2\.3|2\.3.*1\.0/],
  ['version', helloOf('b', { major: 0, minor: 9 }), /1\.0.*0\.9|0\.9.*1\.0/],
] as const)('a peer with another %s is refused on both sides, and both tell why', (code, other, text) => {
  const { a, b } = pairUp(helloOf('a'), other);
  expect([a.ups, b.ups]).toEqual([0, 0]);
  expect(a.ends).toMatchObject([{ code, byPeer: false }]);
  expect(b.ends).toMatchObject([{ code, byPeer: true }]);
  expect(a.ends[0]?.text).toMatch(text);
  expect(b.ends[0]?.text.replaceAll('\\', '')).toMatch(text);
});

test('a peer of another minor version is talked to, and what this version does not know is skipped', () => {
  const { a, b } = pairUp(helloOf('a'), helloOf('b', { minor: 7 }));
  b.session.sendControl(Uint8Array.of(15, 1, 2, 3));
  b.session.send(messageOf(10));
  settle(a, b);
  expect([a.ups, a.heard.length, a.ends]).toEqual([1, 1, []]);
});

test('a hello may go on after what this version knows', () => {
  const b = new Side({ self: helloOf('b'), dialled: true });
  const hello = Buffer.concat([helloMessage(helloOf('a', { minor: 4 })), Buffer.from('more')]);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(hello.length);
  b.session.receive(Buffer.concat([head, hello]), 0);
  expect(b.session.peer?.nodeId).toBe('a');
});

test('a dial that reaches another node than was meant ends on both sides', () => {
  const a = new Side({ self: helloOf('a'), dialled: true, expectedNode: 'c' });
  const b = new Side({ self: helloOf('b'), dialled: false });
  b.session.start();
  settle(a, b);
  expect([a.ends[0]?.code, b.ends[0]?.code, a.ups + b.ups]).toEqual(['other-node', 'other-node', 0]);
});

test('a message that is longer than the limit is cut off before its bytes come, before the hello a much shorter one', () => {
  const stranger = new Side({ self: helloOf('b'), dialled: false });
  stranger.session.receive(Buffer.from([0x01, 0x10, 0, 0]), 0);
  expect(stranger.ends).toMatchObject([{ code: 'breach', byPeer: false }]);
  const { b } = pairUp();
  b.session.receive(Buffer.from([0xa0, 0x86, 1, 0]), 0);
  expect(b.ends).toEqual([]);
  const { b: other } = pairUp();
  other.session.receive(Buffer.from([0xa1, 0x86, 1, 0]), 0);
  expect(other.ends[0]?.text).toContain('100001');
});

test('the window is used up by what was sent, and opens again by what was worked off', () => {
  const { a, b } = pairUp();
  expect(a.session.credit).toBe(65_536);
  a.session.send(messageOf(60_000));
  a.session.send(messageOf(60_000));
  expect(a.session.credit).toBe(65_536 - 120_000);
  settle(a, b);
  b.session.release(10_000);
  settle(a, b);
  expect(a.credits).toBe(0);
  b.session.release(110_000);
  settle(a, b);
  expect([a.credits, a.session.credit]).toEqual([1, 65_536]);
  expect(() => a.session.send(messageOf(100_001))).toThrow(RangeError);
});

test('a peer that does not mind the window is cut off', () => {
  const { a, b } = pairUp();
  for (let nth = 0; nth < 60; nth += 1) a.session.send(messageOf(100_000));
  settle(a, b);
  expect(b.ends[0]?.code).toBe('breach');
  expect(b.heard.length).toBeLessThan(50);
});

test('silence ends a link, and the own lag does not count as silence', () => {
  const { a } = pairUp();
  for (let nowMs = 250; nowMs <= 4500; nowMs += 250) a.session.tick(nowMs);
  a.session.tick(60_000); // The process was busy for nearly a minute.
  expect(a.ends).toEqual([]);
  expect(a.session.isSilentForAPing).toBe(true);
  a.session.tick(60_250);
  expect(a.ends).toMatchObject([{ code: 'silent', byPeer: false }]);
});

test('pings are answered, measured, and never pile up', () => {
  const { a, b } = pairUp();
  const sentBefore = a.sent.length;
  for (let nowMs = 250; nowMs <= 4500; nowMs += 250) a.session.tick(nowMs);
  expect(a.sent.length - sentBefore).toBe(1);
  settle(a, b, 4700);
  expect(a.session.rttMs).toBe(4450);
});

test('a hello that does not come ends the connection', () => {
  const b = new Side({ self: helloOf('b'), dialled: false });
  for (let nowMs = 250; nowMs <= 6000; nowMs += 250) b.session.tick(nowMs);
  expect(b.ends).toMatchObject([{ code: 'late' }]);
});

test('a goodbye is heard with its reason, and nothing is after it', () => {
  const { a, b } = pairUp();
  a.session.bye('shutdown', 'so\nlong\u202e');
  a.session.send(messageOf(10));
  settle(a, b);
  expect(b.ends).toEqual([{ code: 'shutdown', text: '"so\\nlong?"', byPeer: true }]);
  expect([b.heard.length, a.ends.length]).toEqual([0, 1]);
});
