// What a socket that is dialled reads into: one block instead of fresh memory for each piece. Invariant: a piece is told as
// `data` before the next one is read, or kept by the socket until somebody listens. Accepted sockets have no such choice.
import type { OnReadOpts, Socket } from 'node:net';

const BLOCK_BYTES = 65_536;

/** For `onread` of `connect`. The bytes of a `data` event are valid until it returns. */
export function readingBlock(socket: () => Socket): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(BLOCK_BYTES),
    callback: (length, bytes) => {
      const piece = Buffer.from(bytes.buffer, bytes.byteOffset, length);
      if (socket().listenerCount('data') > 0) socket().emit('data', piece);
      else socket().push(Buffer.from(piece));
      return true;
    },
  };
}
