// One stream as this node has it: what one producer put into one shard. Invariant: from <= kept <= to. The events that can be
// read have sequences in [from, kept), but for declared losses; [kept, to) is declared as gone everywhere.
import { createHash } from 'node:crypto';
import { StreamPlaces } from './stream-places.ts';

/** How many bytes of the digest of a producer name it in a position. One bit of them is free. */
export const KEY_BYTES = 6;

/** Events of a stream that were appended. */
export interface AppendedRun {
  /** The index of the first one in the store of its shard. */
  readonly index: number;
  readonly firstSequence: number;
  readonly count: number;
  /** Sequences before the first that are declared lost. */
  readonly lost: number;
  readonly firstStampNs: bigint;
  readonly lastStampNs: bigint;
}

export class Stream {
  readonly shard: number;
  readonly producer: string;
  /** What names the producer in positions: 12 hexadecimal digits, the first one below 8. */
  readonly key: string;
  /** No event below it can be read. The first event that can may lie a little later. */
  from = 0;
  /** One more than the newest sequence that was stored. */
  kept = 0;
  /** One more than the newest sequence that is stored or declared as gone. */
  to = 0;
  /** Where the range that is offered to others begins: behind the last gap that was declared. */
  offered = 0;
  /** One more than the index of the newest event in the store. */
  endIndex = 0;
  /** Of the first event that was ever seen here, whole milliseconds; a time far ahead before that. */
  firstMs = Number.MAX_SAFE_INTEGER;
  /** No event has a later stamp. */
  newestStampNs = 0n;
  /** Of the newest event that was seen since the store was opened, whole milliseconds. */
  seenMs = 0;
  /** Appends that are under way. */
  appends = 0;
  readonly places = new StreamPlaces();

  constructor(shard: number, producer: string) {
    this.shard = shard;
    this.producer = producer;
    this.key = keyOf(producer);
  }

  /** Where the range that others may take begins. */
  get offeredFrom(): number {
    return Math.max(this.from, this.offered);
  }

  get newestMs(): number {
    return Number(this.newestStampNs / 1_000_000n);
  }

  /** Takes note of events that were stored. */
  note(run: AppendedRun): void {
    const { index, firstSequence, count } = run;
    if (this.endIndex === 0) this.from = this.offered = Math.max(0, firstSequence - run.lost);
    this.places.add(index, firstSequence, run.firstStampNs);
    this.firstMs = Math.min(this.firstMs, Number(run.firstStampNs / 1_000_000n));
    this.kept = firstSequence + count;
    if (this.kept > this.to) this.to = this.kept;
    this.endIndex = index + count;
    if (run.lastStampNs > this.newestStampNs) this.newestStampNs = run.lastStampNs;
    this.seenMs = Number(run.lastStampNs / 1_000_000n);
  }

  /**
   * The sequences up to `to` are gone everywhere: nobody fills them later.
   * @param stampNs No event before `to` has a later stamp.
   */
  declareGap(to: number, stampNs: bigint): void {
    if (to <= this.to) return;
    if (stampNs > this.newestStampNs) this.newestStampNs = stampNs;
    if (this.endIndex === 0) this.from = this.kept = to;
    this.to = to;
    this.offered = to;
  }

  /**
   * What was stored is known to reach so far, although nothing of it can be read any more.
   * @param stampNs No event of it has a later stamp.
   */
  recall(end: number, stampNs: bigint): void {
    this.newestStampNs = stampNs;
    this.from = this.kept = this.offered = end;
    this.to = Math.max(this.to, end);
  }

  /** Retention took the events below an index. */
  trim(index: number): void {
    if (this.endIndex <= index) {
      this.from = this.kept;
      return;
    }
    const place = this.places.trim(index);
    if (place !== undefined && place.index <= index && place.sequence > this.from) this.from = place.sequence;
  }
}

/** See `Stream.key`. */
export function keyOf(producer: string): string {
  const digest = createHash('sha256').update(producer).digest().subarray(0, KEY_BYTES);
  digest[0] = (digest[0] as number) & 0x7f;
  return digest.toString('hex');
}
