// Asks the stream what it holds of a producer, after an outcome that is not known: what is stored is not sent again,
// however long ago it was. Hop before: the publisher; hop after: a consumer of the own subject.
import type { AdapterContext } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Connection } from './connection.ts';
import { lastMessage } from './get-message.ts';
import type { ProducerLane } from './producer-lane.ts';
import { PullConsumer } from './pull-consumer.ts';
import { nameOf } from './stored-message.ts';

const COUNT = 10_000;
const MOST_BYTES = 8_388_608;

/** Makes a lane sure. @throws AdapterError */
export async function readBack(
  connection: Connection,
  stream: string,
  { lane, report }: { readonly lane: ProducerLane; readonly report: AdapterContext['report'] },
): Promise<void> {
  const last = await lastMessage(connection, stream, lane.subject);
  const held = last === undefined ? undefined : nameOf(last);
  const lastSeq = last?.streamSeq ?? 0;
  if (lane.streamSeq > 0 && lastSeq < lane.streamSeq) reportForgotten(lane, held?.lastSequence, report);
  if (held !== undefined && !lane.tried) {
    // Another adapter of this producer wrote it, to its end.
    lane.stored(held.lastSequence, held.lastSequence, lastSeq);
    lane.settle(held.lastSequence);
  } else if (lastSeq > lane.streamSeq) {
    await readOn(connection, stream, lane, lastSeq);
  }
  lane.unsure = false;
}

/** @throws AdapterError `Transient` when the consumer did not bring the newest message: its server may be behind */
async function readOn(connection: Connection, stream: string, lane: ProducerLane, lastSeq: number): Promise<void> {
  const consumer = await PullConsumer.create(connection, {
    stream,
    filter: lane.subject,
    startSeq: lane.streamSeq + 1,
    headersOnly: true,
    onMessage: (message) => {
      const name = nameOf(message);
      if (name !== undefined) lane.stored(name.firstSequence, name.lastSequence, message.streamSeq);
    },
  });
  try {
    while (consumer.pending > 0 && !consumer.dead) await consumer.pull(COUNT, MOST_BYTES);
    if (lane.streamSeq >= lastSeq) return;
    throw new AdapterError('Transient', `"${lane.subject}" could not be read back to its end`);
  } finally {
    consumer.end();
  }
}

/** The newest acknowledged message is gone: the server was restored from a copy, or lost what it had not yet synced. */
function reportForgotten(lane: ProducerLane, kept: number | undefined, report: AdapterContext['report']): void {
  const { shard, producer, through } = lane;
  const from = (kept ?? -1) + 1;
  lane.streamSeq = 0;
  if (from > through) return;
  report({
    kind: 'acknowledged-lost',
    shard,
    message: `The server has lost acknowledged events of ${producer} in shard ${shard}: ${from} to ${through}.`,
  });
  lane.forgotten += through - from + 1;
}
