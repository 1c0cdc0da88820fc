// Puts batches into the stream, each event once. Invariant: a message is sent when it is known that it is not stored: what
// was acknowledged is never sent again, and after an unknown outcome the stream is asked first.
// Hop before: the adapter; hop after: one attempt on one connection.
import type { AdapterContext, Batch } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { cutBatch } from '../../frame-store/cut-batch.ts';
import { type Outgoing, publishAll } from './attempt.ts';
import type { JetStreamSettings } from './config.ts';
import type { Connection } from './connection.ts';
import { eventHeaders, frameHeaders } from './event-message.ts';
import { ProducerLane } from './producer-lane.ts';
import { readBack } from './read-back.ts';

/** A subject has no room for these. */
const NO_TOKEN = /[\s.*>]/;

export class Publisher {
  readonly #settings: JetStreamSettings;
  readonly #report: AdapterContext['report'];
  readonly #lanes = new Map<string, ProducerLane>();

  constructor(settings: JetStreamSettings, report: AdapterContext['report']) {
    this.#settings = settings;
    this.#report = report;
  }

  /** Shards that this adapter has written. */
  shards(): number[] {
    return [...new Set([...this.#lanes.values()].filter(({ streamSeq }) => streamSeq > 0).map(({ shard }) => shard))];
  }

  /** The connection, and with it maybe the stream, is another one: what is stored is to be asked for. */
  doubt(): void {
    for (const lane of this.#lanes.values()) lane.unsure = true;
  }

  /** @throws AdapterError; what was acknowledged before it counts */
  async publish(connection: Connection, batch: Batch, signal: AbortSignal): Promise<void> {
    const lane = this.#lane(batch);
    const last = batch.firstSequence + batch.count - 1;
    if (lane.through >= last) return;
    if (lane.unsure) await readBack(connection, this.#settings.prefix, { lane, report: this.#report });
    const lost = lane.begin(batch);
    const { messages, tooLong } = this.#missing(connection, lane, { batch, lost });
    if (messages.length > 0) await this.#send(connection, { lane, messages }, signal);
    if (tooLong !== undefined) throw tooLong;
    lane.settle(last);
    lane.forgotten = 0;
  }

  #lane({ shard, producer }: Batch): ProducerLane {
    const name = `${shard}/${producer}`;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      if (NO_TOKEN.test(producer)) {
        throw new AdapterError('Serialization', `The producer "${producer}" can't be part of a subject.`);
      }
      lane = new ProducerLane(this.#settings.prefix, shard, producer);
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  async #send(
    connection: Connection,
    { lane, messages }: { readonly lane: ProducerLane; readonly messages: readonly Outgoing[] },
    signal: AbortSignal,
  ): Promise<void> {
    lane.tried = true;
    lane.unsure = true;
    let left = messages.length;
    const onStored = ({ firstSequence, lastSequence }: Outgoing, streamSeq: number): void => {
      lane.stored(firstSequence, lastSequence, streamSeq);
      left -= 1;
    };
    try {
      await publishAll(connection, { subject: lane.subject, messages, onStored }, signal);
    } catch (error) {
      // Silence until the time was up: the other end may be gone without a word, and the next attempt takes a new one.
      if (signal.aborted)
        connection.end(new AdapterError('Transient', 'no answer to a batch in time', { cause: error }));
      throw error;
    }
    lane.unsure = left > 0;
  }

  #missing(
    connection: Connection,
    lane: ProducerLane,
    { batch, lost }: { readonly batch: Batch; readonly lost: number },
  ): { readonly messages: Outgoing[]; readonly tooLong: AdapterError | undefined } {
    const idStart = `${batch.producer}/${batch.shard}/`;
    const made =
      this.#settings.packing === 'event'
        ? eventMessages(lane, batch, { idStart, lost })
        : frameMessages(lane, batch, { idStart, lost, most: connection.maxPayload });
    const fits = ({ headers, data }: Outgoing): boolean => headers.length + data.length <= connection.maxPayload;
    const messages = made.filter(fits);
    if (messages.length === made.length) return { messages, tooLong: undefined };
    const first = made.find((each) => !fits(each)) as Outgoing;
    const bytes = first.headers.length + first.data.length;
    const what = `The event ${idStart}${first.firstSequence} is a message of ${bytes} bytes with its key and headers`;
    const message = `${what}; the server takes ${connection.maxPayload} (max_payload).`;
    return { messages, tooLong: new AdapterError('Serialization', message) };
  }
}

function eventMessages(
  lane: ProducerLane,
  batch: Batch,
  { idStart, lost }: { readonly idStart: string; readonly lost: number },
): Outgoing[] {
  const messages: Outgoing[] = [];
  for (const event of batch) {
    const { sequence } = event;
    if (lane.has(sequence)) continue;
    const isFirst = sequence === batch.firstSequence;
    const headers = eventHeaders(event, idStart, isFirst ? lost : 0);
    messages.push({ headers, data: event.bytes, firstSequence: sequence, lastSequence: sequence });
  }
  return messages;
}

interface Framing {
  readonly idStart: string;
  readonly lost: number;
  readonly most: number;
}

function frameMessages(lane: ProducerLane, batch: Batch, framing: Framing): Outgoing[] {
  let skip = 0;
  while (skip < batch.count && lane.has(batch.firstSequence + skip)) skip += 1;
  if (skip === batch.count) return [];
  return skip === 0
    ? pieces(batch, framing)
    : pieces(cutBatch(batch, skip, batch.count - skip), { ...framing, lost: 0 });
}

/** A frame as one message, or as several where the server takes no message so long. */
function pieces(batch: Batch, framing: Framing): Outgoing[] {
  const { count, firstSequence, frame } = batch;
  const { idStart, lost, most } = framing;
  const headers = frameHeaders(idStart, batch, lost === batch.lostBefore ? undefined : lost);
  if (headers.length + frame.length <= most || count === 1) {
    return [{ headers, data: frame, firstSequence, lastSequence: firstSequence + count - 1 }];
  }
  const half = Math.floor(count / 2);
  const rest = cutBatch(batch, half, count - half);
  return [...pieces(cutBatch(batch, 0, half), framing), ...pieces(rest, { ...framing, lost: 0 })];
}
