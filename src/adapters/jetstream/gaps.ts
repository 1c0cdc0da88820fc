// Why events of a shard are missing: what the stream says of its first and last message, beside what a reader knows.
// Invariant: a count is given only where the sequences of a producer prove it.
import type { Gap } from '../../adapter/contract.ts';
import type { Jump } from './continuity.ts';
import type { MessageRecord } from './message-record.ts';
import { type Place, tagOf } from './place.ts';
import type { StreamFacts } from './stream-setup.ts';

interface Behind {
  readonly shard: number;
  readonly start: Place;
  readonly facts: StreamFacts;
  /** The first record behind the start; undefined when there is none. */
  readonly next: MessageRecord | undefined;
}

/** What is missing right behind a place whose event is not found there any more. */
export function gapBehind({ shard, start, facts, next }: Behind): Gap | undefined {
  const { firstSeq, lastSeq } = facts;
  if (start.streamSeq > lastSeq) return { shard, reason: 'lost' };
  const { event } = start;
  if (start.streamSeq >= firstSeq) return event === undefined ? undefined : { shard, reason: 'lost' };
  // The rest of a frame that was read in part goes with its message.
  const isWhole = event === undefined || event.nth === Infinity;
  if (start.streamSeq + 1 >= firstSeq && isWhole) return undefined;
  return behindTrim(shard, event, next);
}

function behindTrim(shard: number, event: Place['event'], next: MessageRecord | undefined): Gap | undefined {
  if (next === undefined || event === undefined || tagOf(next.producer) !== event.producerTag) {
    return { shard, reason: 'trimmed' };
  }
  return trimmed(shard, next, event.sequence + 1);
}

interface Before {
  readonly shard: number;
  readonly jump: Jump;
  readonly facts: StreamFacts;
  /** Where the reader started. */
  readonly startSeq: number;
}

/** What is missing before a record that does not follow the last one of its producer. */
export function gapBefore({ shard, jump, facts, startSeq }: Before): Gap | undefined {
  const { before, previous, record } = jump;
  // The stream begins no later than behind what was read before: other producers' numbers are simply not known here.
  if (facts.firstSeq <= (previous?.streamSeq ?? startSeq) + 1) return undefined;
  if (before === undefined && previous !== undefined) return { shard, reason: 'trimmed' };
  return trimmed(shard, record, (before ?? -1) + 1);
}

/** What the server has lost before a record, as its producer noticed. */
export function gapForgotten(
  shard: number,
  { forgottenBefore: count, lostBefore = 0, producer, sequence }: MessageRecord,
): Gap {
  const toSequence = sequence - lostBefore - 1;
  return { shard, reason: 'lost', count, producer, fromSequence: toSequence - count + 1, toSequence };
}

function trimmed(shard: number, next: MessageRecord, fromSequence: number): Gap | undefined {
  const toSequence = next.sequence - (next.lostBefore ?? 0) - 1;
  const count = toSequence - fromSequence + 1;
  if (count <= 0) return undefined;
  return { shard, reason: 'trimmed', count, producer: next.producer, fromSequence, toSequence };
}
