// The events of one message that was asked for by itself: for ends, times and figures. Invariant: a message that can't be
// read holds up none of these; readers of the shard are told of it.
import { AdapterError } from '../../errors/adapter-error.ts';
import { MessageReader } from './message-reader.ts';
import type { MessageRecord } from './message-record.ts';
import type { StoredMessage } from './stored-message.ts';

/** The events of a message; none when it can't be read. */
export function recordsIn(message: StoredMessage, streamTag: string): MessageRecord[] {
  const records: MessageRecord[] = [];
  try {
    new MessageReader(streamTag).read(message, records);
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
  }
  return records;
}

/** The stamp of the first or last event of a message, if it has any. */
export function stampOf(message: StoredMessage | undefined, which: 'first' | 'last'): bigint | undefined {
  return message === undefined ? undefined : recordsIn(message, '0').at(which === 'first' ? 0 : -1)?.timestampNs;
}
