// From a message of the stream to the events in it: one, or those of a frame. Invariant: a message that was not written
// in this format has no records and says why; it is never half believed.
import { AdapterError } from '../../errors/adapter-error.ts';
import { FrameBatch, FrameError } from '../../frame/batch.ts';
import { recordBytes } from '../../frame/record.ts';
import { RecordBlock } from '../../frame/record-block.ts';
import { ID } from './event-message.ts';
import { fieldOf, type StoredMessage } from './stored-message.ts';
import { EventRecord, FrameMessageRecord, type MessageRecord } from './stored-records.ts';

/** How a message names its events. */
export interface MessageName {
  readonly producer: string;
  readonly shard: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly isFrame: boolean;
}

const NAME = /^(.+)\/(\d{1,5})\/(\d{1,16})(?:-(\d{1,16}))?$/;

/** The name of a message by its headers; undefined when another program wrote it. */
export function nameOf(headers: string): MessageName | undefined {
  const [, producer, shard, first, last] = NAME.exec(fieldOf(headers, ID) ?? '') ?? [];
  if (producer === undefined || shard === undefined || first === undefined) return undefined;
  const firstSequence = Number(first);
  const lastSequence = last === undefined ? firstSequence : Number(last);
  return { producer, shard: Number(shard), firstSequence, lastSequence, isFrame: last !== undefined };
}

/** The events of a message. @throws AdapterError `Serialization` for one that can't be read */
export function recordsOf(message: StoredMessage, streamTag: string): MessageRecord[] {
  const name = nameOf(message.headers);
  if (name === undefined) throw unreadable(message, 'another program wrote it');
  if (!name.isFrame) {
    const record = EventRecord.of(message, name, streamTag);
    if (record === undefined) throw unreadable(message, 'its headers are not whole');
    return [record];
  }
  try {
    return frameRecords(message, streamTag);
  } catch (error) {
    if (error instanceof FrameError) throw unreadable(message, error.message);
    throw error;
  }
}

function frameRecords(message: StoredMessage, streamTag: string): MessageRecord[] {
  const batch = FrameBatch.parse(message.data as Uint8Array<ArrayBuffer>);
  const block = Buffer.from(batch.records.buffer, batch.records.byteOffset, batch.records.byteLength);
  const lostBefore = Number(fieldOf(message.headers, 'Mb-Lost') ?? batch.lostBefore);
  const run = { batch, block: new RecordBlock(block), streamSeq: message.streamSeq, streamTag, lostBefore };
  const records: MessageRecord[] = [];
  for (let at = 0, nth = 1; nth <= batch.count; nth += 1) {
    records.push(new FrameMessageRecord(run, nth, at));
    at += recordBytes(block, at);
  }
  return records;
}

function unreadable({ streamSeq, subject }: StoredMessage, why: string): AdapterError {
  return new AdapterError('Serialization', `The message ${streamSeq} on "${subject}" is no event of this bus: ${why}.`);
}
