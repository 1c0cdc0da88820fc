// Where a shard's events of a time begin. Stamps of a producer rise, so each producer's subject is searched by halves; the
// least of what is found is the place. Invariant: every event at or after the time lies behind the place.
import type { Connection } from './connection.ts';
import { lastMessage, nextMessage } from './get-message.ts';
import { placeText } from './place.ts';
import { recordsIn, stampOf } from './single-message.ts';
import type { StoredMessage } from './stored-message.ts';

export interface SeekOptions {
  readonly stream: string;
  readonly shard: number;
  readonly streamTag: string;
  /** The producers' subjects of the shard. */
  readonly subjects: readonly string[];
  readonly timestampNs: bigint;
}

/** The position right before the first event at or after a time; the tail when there is none. @throws AdapterError */
export async function seekTime(connection: Connection, options: SeekOptions): Promise<string | undefined> {
  const found = await Promise.all(options.subjects.map((each) => firstAtOrAfter(connection, each, options)));
  const [first] = found.filter((each) => each !== undefined).sort((a, b) => a.streamSeq - b.streamSeq);
  if (first === undefined) return tailOf(connection, options);
  const { shard, stream, streamTag, timestampNs } = options;
  const oldest = await nextMessage(connection, stream, { subject: `${stream}.${shard}.*`, streamSeq: 1 });
  const records = recordsIn(first, streamTag);
  const nth = records.findIndex((each) => each.timestampNs >= timestampNs);
  if (nth > 0) return records[nth - 1]?.position;
  // From the start: what was trimmed before it may be of that time, too, and the reader is told of it.
  if (oldest === undefined || first.streamSeq <= oldest.streamSeq) return undefined;
  return placeText({ streamSeq: first.streamSeq - 1, event: undefined, streamTag });
}

/** The position behind the newest event; undefined while there is none. @throws AdapterError */
export async function tailOf(
  connection: Connection,
  { stream, shard, streamTag }: Pick<SeekOptions, 'stream' | 'shard' | 'streamTag'>,
): Promise<string | undefined> {
  const last = await lastMessage(connection, stream, `${stream}.${shard}.*`);
  if (last === undefined) return undefined;
  const whole = (): string => placeText({ streamSeq: last.streamSeq, event: undefined, streamTag });
  return recordsIn(last, streamTag).at(-1)?.position ?? whole();
}

/** The first message of a subject that holds an event at or after the time. */
async function firstAtOrAfter(
  connection: Connection,
  subject: string,
  { stream, timestampNs }: SeekOptions,
): Promise<StoredMessage | undefined> {
  const isLate = (message: StoredMessage | undefined): boolean => (stampOf(message, 'last') ?? -1n) >= timestampNs;
  const last = await lastMessage(connection, stream, subject);
  if (last === undefined || !isLate(last)) return undefined;
  let found = last;
  let [low, high] = [1, last.streamSeq];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const message = await nextMessage(connection, stream, { subject, streamSeq: middle });
    if (message === undefined || isLate(message)) {
      found = message ?? found;
      high = middle;
    } else {
      low = message.streamSeq + 1;
    }
  }
  return found;
}
