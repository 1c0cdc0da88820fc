// The client joins what it sends in memory that is used again: nothing is overwritten before the socket has written it, and
// a client whose parts are elsewhere is left alone.
import { DataBuffer } from '@nats-io/nats-core/internal';
import { expect, test } from 'vitest';
import { keepWrites } from '../../../../src/adapters/jetstream/kept-writes.ts';

interface Write {
  readonly text: string;
  readonly frame: Uint8Array;
  readonly end: (error?: Error) => void;
}

/** The two parts of a client: its own buffer, and a transport whose writes end when the test says so. */
function client() {
  const outbound = new DataBuffer();
  const writes: Write[] = [];
  const transport = {
    _send: (frame: Uint8Array) =>
      new Promise<void>((resolve, reject) => {
        const end = (error?: Error): void => (error === undefined ? resolve() : reject(error));
        writes.push({ text: Buffer.from(frame).toString(), frame, end });
      }),
    send: (_frame: Uint8Array) => {
      throw new Error('the way that is replaced');
    },
  };
  const send = (...pieces: string[]): Write => {
    outbound.fill(...(pieces.map((each) => Buffer.from(each)) as [Buffer, ...Buffer[]]));
    transport.send(outbound.drain());
    return writes.at(-1) as Write;
  };
  return { connection: { protocol: { outbound, transport } }, send };
}

test('what is joined goes out whole, and its memory serves again once it is written', async () => {
  const { connection, send } = client();
  expect(keepWrites(connection)).toBe(true);
  const first = send('HPUB a\r\n', 'headers', 'data');
  expect(first.text).toBe('HPUB a\r\nheadersdata');
  const second = send('PUB b\r\n', 'more');
  expect(second.frame.buffer).not.toBe(first.frame.buffer);
  first.end();
  await Promise.resolve();
  const third = send('PUB c\r\n', 'again');
  expect(third.text).toBe('PUB c\r\nagain');
  expect(third.frame.buffer).toBe(first.frame.buffer);
  expect(Buffer.from(second.frame).toString()).toBe(second.text);
});

test('a single piece is sent as it is', () => {
  const { connection, send } = client();
  keepWrites(connection);
  expect(send('PING\r\n').text).toBe('PING\r\n');
});

test('what could not be written is not used again', async () => {
  const { connection, send } = client();
  keepWrites(connection);
  const first = send('PUB a\r\n', 'x');
  first.end(new Error('EPIPE'));
  await Promise.resolve();
  expect(send('PUB b\r\n', 'y').frame.buffer).not.toBe(first.frame.buffer);
});

test('memory that is too short makes room for longer, and what is kept stays within 4 MiB', async () => {
  const { connection, send } = client();
  keepWrites(connection);
  const long = 'x'.repeat(3_000_000);
  const ended = [send('a', 'b'), send('a', long), send('a', long)];
  for (const each of ended) each.end();
  await Promise.resolve();
  const buffers = ended.map(({ frame }) => frame.buffer);
  // The short one and one long one were kept: the short one goes when it does not fit.
  const next = [send('a', long), send('a', long), send('a', 'b')].map(({ frame }) => buffers.indexOf(frame.buffer));
  expect(next).toEqual([1, -1, -1]);
});

test.each([
  {},
  { protocol: {} },
  { protocol: { outbound: new DataBuffer(), transport: {} } },
  { protocol: { outbound: { pack: 1 }, transport: { send: () => undefined, _send: async () => undefined } } },
])('a client that looks otherwise goes on as it is: %o', (connection) => {
  expect(keepWrites(connection)).toBe(false);
});
