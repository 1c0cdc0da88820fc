// Puts batches into the stream, each event once. Invariant: a message is sent when it is known that it is not stored: what
// was acknowledged is never sent again, and after an unknown outcome the stream is asked first.
// Hop before: the adapter; hop after: one attempt on one connection.
import type { AdapterContext, Batch } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { publishAll } from './attempt.ts';
import type { JetStreamSettings } from './config.ts';
import type { Connection } from './connection.ts';
import { eventMessages, frameMessages, type Outgoing } from './outgoing.ts';
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
  async publish(connection: Connection, batch: Batch): Promise<void> {
    const lane = this.#lane(batch);
    const last = batch.firstSequence + batch.count - 1;
    if (lane.through >= last) return;
    if (lane.unsure) await readBack(connection, this.#settings.prefix, { lane, report: this.#report });
    const { fault, messages } = this.#toSend(connection, lane, batch);
    if (messages.length > 0) await this.#send(connection, { lane, messages });
    // What fits is stored: neighbours of one that is too long are not lost with it.
    if (fault !== undefined) throw fault;
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

  async #send(connection: Connection, { lane, messages }: Sending): Promise<void> {
    lane.tried = true;
    lane.unsure = true;
    let left = messages.length;
    const onStored = ({ firstSequence, lastSequence }: Outgoing, streamSeq: number): void => {
      lane.stored(firstSequence, lastSequence, streamSeq);
      left -= 1;
    };
    // Frames follow one another, so that none is stored behind its successors; mostly there is one.
    const turns = this.#settings.packing === 'event' ? [messages] : messages.map((each) => [each]);
    for (const turn of turns) {
      await publishAll(connection, { subject: lane.subject, messages: turn, onStored });
    }
    lane.unsure = left > 0;
  }

  /** What of a batch has to be sent, and what can't be. */
  #toSend({ maxPayload }: Connection, lane: ProducerLane, batch: Batch): ToSend {
    const missing = { lost: lane.begin(batch), forgotten: lane.forgotten };
    const made =
      this.#settings.packing === 'event'
        ? eventMessages(lane, batch, missing)
        : frameMessages(lane, batch, { missing, most: maxPayload });
    const fits = ({ headers, data }: Outgoing): boolean => headers.length + data.length <= maxPayload;
    const messages = made.filter(fits);
    const tooLong = made.find((each) => !fits(each));
    if (tooLong === undefined) return { messages, fault: undefined };
    const bytes = tooLong.headers.length + tooLong.data.length;
    const event = `${batch.producer}/${batch.shard}/${tooLong.firstSequence}`;
    const message = `The event ${event} is a message of ${bytes} bytes with its key and headers; the server takes ${maxPayload} (max_payload).`;
    return { messages, fault: new AdapterError('Serialization', message) };
  }
}

interface Sending {
  readonly lane: ProducerLane;
  readonly messages: readonly Outgoing[];
}

interface ToSend {
  readonly messages: readonly Outgoing[];
  readonly fault: AdapterError | undefined;
}
