// A dialled socket reads into one block: nothing is lost before somebody listens, and pieces come in their order.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readingBlock } from '../../../../../src/adapters/net/link/reading-block.ts';
import { within } from '../../../../../src/testing/within.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Both ends of a connection; the dialled one reads into a block. */
async function pair(): Promise<{ far: Socket; near: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const accepted = once(server, 'connection');
  const near: Socket = connect({ host: '127.0.0.1', port, onread: readingBlock(() => near) });
  const [far] = (await accepted) as [Socket];
  closing.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { far, near };
}

test('what came before anybody listened is told first, what comes later lies in the same memory', async () => {
  const { far, near } = await pair();
  far.write('early ');
  await within(5000, () => near.readableLength === 6);
  let text = '';
  const memories = new Set<ArrayBufferLike>();
  near.on('data', (piece: Buffer) => {
    if (text !== '') memories.add(piece.buffer);
    text += piece.toString();
  });
  await within(5000, () => text === 'early ');
  for (const word of ['one ', 'two ', 'three']) {
    const before = text;
    far.write(word);
    await within(5000, () => text === before + word);
  }
  expect([text, memories.size]).toEqual(['early one two three', 1]);
});

test('a long stream arrives whole and in order, and its end is told', async () => {
  const { far, near } = await pair();
  const sent = Buffer.from(Uint32Array.from({ length: 500_000 }, (_, nth) => nth).buffer);
  const pieces: Buffer[] = [];
  near.on('data', (piece: Buffer) => pieces.push(Buffer.from(piece)));
  const ended = once(near, 'end');
  far.end(sent);
  await within(10_000, ended);
  expect(Buffer.concat(pieces).equals(sent)).toBe(true);
});
