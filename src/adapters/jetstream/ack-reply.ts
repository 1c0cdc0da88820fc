// What a consumer's message says of itself by its reply subject:
//   $JS.ACK.[domain.account.]stream.consumer.delivered.stream-seq.consumer-seq.time.pending[.random]
// Read from the bytes: it is done for every message.
import { decimalAt, digitsEnd } from './decimal.ts';

/** What the server tells of a message that a consumer delivers. */
export interface Delivered {
  readonly streamSeq: number;
  readonly consumerSeq: number;
  /** Messages of the consumer that follow. */
  readonly pending: number;
}

const DOT = 0x2e;
const START = Buffer.from('$JS.ACK.', 'latin1');

/** Undefined for a subject of another kind. */
export function deliveredBy(reply: Uint8Array): Delivered | undefined {
  if (reply.length < START.length) return undefined;
  for (let at = 0; at < START.length; at += 1) if (reply[at] !== START[at]) return undefined;
  let dots = 0;
  for (let at = 0; at < reply.length; at += 1) if (reply[at] === DOT) dots += 1;
  // The older form has 9 words, the newer one 11 or 12.
  let skip = dots >= 10 ? 7 : 5;
  let at = 0;
  for (; skip > 0 && at < reply.length; at += 1) if (reply[at] === DOT) skip -= 1;
  const numbers = [0, 0, 0, 0];
  for (let nth = 0; nth < 4; nth += 1) {
    const end = digitsEnd(reply, at);
    numbers[nth] = decimalAt(reply, at, end);
    at = end + 1;
  }
  const [streamSeq = 0, consumerSeq = 0, , pending = 0] = numbers;
  return { streamSeq, consumerSeq, pending };
}
