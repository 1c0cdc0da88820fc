// From a batch to the messages that are still to be sent: one an event, or one a frame. Invariant: what the lane has is not
// among them; what is missing before a batch is told by the message of its first event.
import type { Batch } from '../../adapter/contract.ts';
import { cutBatch } from '../../frame-store/cut-batch.ts';
import { eventHeaders, frameHeaders, type Missing, NOTHING_MISSING } from './event-message.ts';
import type { ProducerLane } from './producer-lane.ts';

/** One message to publish. */
export interface Outgoing {
  readonly headers: Uint8Array;
  readonly data: Uint8Array;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

export function eventMessages(lane: ProducerLane, batch: Batch, missing: Missing): Outgoing[] {
  const idStart = idStartOf(batch);
  const messages: Outgoing[] = [];
  for (const event of batch) {
    const { sequence } = event;
    if (lane.has(sequence)) continue;
    const isFirst = sequence === batch.firstSequence;
    const headers = eventHeaders(event, idStart, isFirst ? missing : NOTHING_MISSING);
    messages.push({ headers, data: event.bytes, firstSequence: sequence, lastSequence: sequence });
  }
  return messages;
}

interface Framing {
  readonly missing: Missing;
  /** The longest message. */
  readonly most: number;
}

export function frameMessages(lane: ProducerLane, batch: Batch, framing: Framing): Outgoing[] {
  let skip = 0;
  while (skip < batch.count && lane.has(batch.firstSequence + skip)) skip += 1;
  if (skip === batch.count) return [];
  if (skip === 0) return pieces(batch, framing);
  return pieces(cutBatch(batch, skip, batch.count - skip), { ...framing, missing: NOTHING_MISSING });
}

/** A frame as one message, or as several where the server takes no message so long. */
function pieces(batch: Batch, framing: Framing): Outgoing[] {
  const { count, firstSequence, frame } = batch;
  const headers = frameHeaders(idStartOf(batch), batch, framing.missing);
  if (headers.length + frame.length <= framing.most || count === 1) {
    return [{ headers, data: frame, firstSequence, lastSequence: firstSequence + count - 1 }];
  }
  const half = Math.floor(count / 2);
  const rest = cutBatch(batch, half, count - half);
  const front = pieces(cutBatch(batch, 0, half), framing);
  return [...front, ...pieces(rest, { ...framing, missing: NOTHING_MISSING })];
}

function idStartOf({ producer, shard }: Batch): string {
  return `${producer}/${shard}/`;
}
