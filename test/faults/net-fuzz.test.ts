// Fuzzed messages against the link protocol. MESHBUS_FUZZ=10000000 npx vitest run --project source test/faults/net-fuzz
import { expect, test } from 'vitest';
import { MessageError } from '../../src/adapters/net/protocol/message-bytes.ts';
import { decodeMessage } from '../../src/adapters/net/protocol/messages.ts';
import { seededRandom } from '../../src/testing/index.ts';
import { seedOf } from '../support/seed.ts';
import { helloOf, pairUp, Side } from '../unit/adapters/net/session/pair.ts';
import { MessageFuzz } from './net/message-fuzz.ts';

const messages = Number(process.env.MESHBUS_FUZZ ?? 50_000);
const LONG_MS = 3_600_000;

/** A side that waits for a hello, for the welcome, or that is up. */
function victim(fuzz: MessageFuzz): Side {
  const state = fuzz.below(3);
  if (state === 0) return new Side({ self: helloOf('m'), dialled: fuzz.below(2) === 0 });
  if (state === 1) return pairUp(helloOf('a'), helloOf('m')).b;
  const side = new Side({ self: helloOf('m'), dialled: true });
  const other = new Side({ self: helloOf('b'), dialled: false });
  other.session.start();
  other.move(side);
  return side;
}

test(
  'no fuzzed message crashes a session, brings up a link without a hello, or makes it remember anything',
  () => {
    const fuzz = new MessageFuzz(seededRandom(seedOf('net-fuzz')));
    const ends = new Map<string, number>();
    let [sides, ups, nowMs] = [0, 0, 0];
    let side = victim(fuzz);
    for (let sent = 0; sent < messages; sent += 1) {
      const wasUp = side.session.state === 'up';
      const bytes = fuzz.framed();
      const cut = fuzz.below(bytes.length);
      side.session.receive(bytes.subarray(0, cut), nowMs);
      side.session.receive(bytes.subarray(cut), nowMs);
      nowMs += fuzz.below(3);
      if (fuzz.below(100) === 0) side.session.tick(nowMs);
      if (!wasUp && side.session.state === 'up') {
        ups += 1;
        expect(side.session.peer?.mesh).toBe('m');
      }
      side.forget();
      if (side.session.state !== 'over' && fuzz.below(50) > 0) continue;
      expect(side.ends.length).toBeLessThanOrEqual(1);
      for (const { code, text } of side.ends) {
        ends.set(code, (ends.get(code) ?? 0) + 1);
        expect(text.length).toBeLessThan(2000);
      }
      sides += 1;
      side = victim(fuzz);
    }
    console.log(
      `net-fuzz: ${messages} messages to ${sides} sessions, ${ups} up, ${JSON.stringify(Object.fromEntries(ends))}`,
    );
    expect(ends.get('breach')).toBeGreaterThan(0);
    expect(ups).toBeGreaterThan(0);
  },
  LONG_MS,
);

test(
  'no bytes make the decoder of the replication throw anything but its own error',
  () => {
    const fuzz = new MessageFuzz(seededRandom(seedOf('net-fuzz decoder')));
    let refused = 0;
    for (let sent = 0; sent < messages; sent += 1) {
      const message = fuzz.message();
      message[0] = 16 + fuzz.below(9);
      try {
        decodeMessage(new Uint8Array(message));
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(0);
  },
  LONG_MS,
);
