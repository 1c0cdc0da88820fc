// Turns where a request starts into a cursor. The hop before is the plan, the hop after the reading of the page.

import { Cursor } from './cursor.ts';
import type { CursorCodec } from './cursor-codec.ts';
import type { PlanStart } from './poll-plan.ts';
import type { PollSource } from './poll-source.ts';

export interface StartOptions {
  readonly source: PollSource;
  readonly codec: CursorCodec;
  readonly signal: AbortSignal;
  /** Every shard that has or may have history. */
  readonly shards: () => Promise<readonly number[]>;
}

/** @throws ConsumerError InvalidCursor, and AdapterError when a shard cannot tell its end or a time. */
export async function startCursor(start: PlanStart, options: StartOptions): Promise<Cursor> {
  switch (start.kind) {
    case 'earliest':
      return new Cursor();
    case 'cursor':
      return options.codec.decode(start.cursor);
    case 'latest':
      return placed(options, (shard) => options.source.guard.tail(shard, options.signal));
    case 'time':
      return atTime(start.timestampNs, options);
  }
}

async function atTime(timestampNs: bigint, options: StartOptions): Promise<Cursor> {
  const { guard } = options.source;
  if (guard.canSeek) return placed(options, (shard) => guard.seek(shard, timestampNs, options.signal));
  const cursor = new Cursor();
  cursor.since = timestampNs;
  return cursor;
}

async function placed(options: StartOptions, place: (shard: number) => Promise<string | undefined>): Promise<Cursor> {
  const cursor = new Cursor();
  const shards = await options.shards();
  const positions = await Promise.all(shards.map(place));
  for (const [index, position] of positions.entries()) {
    if (position !== undefined) cursor.set(shards[index] as number, { position });
  }
  return cursor;
}
