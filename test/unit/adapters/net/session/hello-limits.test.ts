// What a peer says of itself in its hello, and what the other side must not be brought to by it.
import { expect, test } from 'vitest';
import { helloOf, messageOf, pairUp } from './pair.ts';

test('a peer that takes shorter messages than there may be is refused with both numbers, before anything is sent to it', () => {
  const { b } = pairUp(helloOf('a', { maxMessageBytes: 70_000 }), helloOf('b', { maxMessageBytes: 100_000 }));
  expect(b.ups).toBe(0);
  expect(b.ends).toMatchObject([{ code: 'breach', byPeer: false }]);
  expect(b.ends[0]?.text).toContain('70000 bytes at most, where 100000');
  expect(() => b.session.send(messageOf(80_000))).not.toThrow();
});
