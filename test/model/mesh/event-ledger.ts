// What was ever written into a modelled mesh, and what one reader has had of it. Invariant of a reader: each event once, those
// of a stream in order, unchanged; in the end what it did not get is what its gaps tell.
import { AssertionError } from 'node:assert/strict';
import type { Batch, Gap, ShardPage, StoredRecord } from '../../../src/adapter/contract.ts';

interface Written {
  readonly payload: string;
  readonly stampMs: number;
}

export class EventLedger {
  /** By shard and producer, then by sequence. */
  readonly #streams = new Map<string, Map<number, Written>>();

  note(batch: Batch): void {
    const stream = this.stream(batch.shard, batch.producer);
    for (const { sequence, bytes, timestampNs } of batch) {
      const stampMs = Number(timestampNs / 1_000_000n);
      stream.set(sequence, { payload: Buffer.from(bytes).toString(), stampMs });
    }
  }

  /** How far the streams of a shard ever reached. */
  *ends(shard: number): IterableIterator<readonly [producer: string, end: number]> {
    for (const [name, stream] of this.#streams) {
      const [of, producer] = name.split('/') as [string, string];
      if (Number(of) === shard) yield [producer, 1 + Math.max(-1, ...stream.keys())];
    }
  }

  /** The newest stamp among the events of a stream before a sequence, milliseconds. */
  newestMs(shard: number, producer: string, end: number): number {
    let newestMs = 0;
    for (const [sequence, { stampMs }] of this.stream(shard, producer)) {
      if (sequence < end) newestMs = Math.max(newestMs, stampMs);
    }
    return newestMs;
  }

  stream(shard: number, producer: string): Map<number, Written> {
    const name = `${shard}/${producer}`;
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new Map();
      this.#streams.set(name, stream);
    }
    return stream;
  }
}

/** How far the streams of a shard reach in the end. */
export type StreamEnds = ReadonlyMap<string, number>;

export interface ReaderOptions {
  readonly shard: number;
  /** Nodes forget streams soon: then a gap may tell of events that were read before they were forgotten. */
  readonly forgets: boolean;
}

export class ReaderLedger {
  readonly label: string;
  readonly #ledger: EventLedger;
  readonly #shard: number;
  #forgets: boolean;
  /** Sequences that came, by producer. */
  readonly #had = new Map<string, number[]>();
  #gapCount = 0;

  constructor(name: string, ledger: EventLedger, { shard, forgets }: ReaderOptions) {
    this.label = name;
    this.#ledger = ledger;
    this.#shard = shard;
    this.#forgets = forgets;
  }

  /** From now on gaps tell of all that may be missing, of events that came, too. */
  expectUpperBounds(): void {
    this.#forgets = true;
  }

  take({ records, gap }: ShardPage): void {
    if (gap !== undefined) this.#takeGap(gap);
    for (const record of records) this.#take(record);
  }

  /**
   * @param ends What is there in the end. A gap may also tell of events that were there and went with their node.
   * @param floorMs Events with a stamp up to here may be missing of streams that were forgotten.
   */
  check(ends: StreamEnds, floorMs: number): void {
    let least = 0;
    let most = 0;
    const lacking: string[] = [];
    for (const [producer, end] of this.#ledger.ends(this.#shard)) {
      const had = new Set(this.#had.get(producer));
      const stream = this.#ledger.stream(this.#shard, producer);
      for (let sequence = 0; sequence < end; sequence += 1) {
        if (had.has(sequence)) continue;
        most += 1;
        if (sequence >= (ends.get(producer) ?? 0) || (stream.get(sequence)?.stampMs ?? 0) <= floorMs) continue;
        least += 1;
        if (lacking.length < 20) lacking.push(`${producer}/${sequence}`);
      }
    }
    if (this.#gapCount >= least && (this.#forgets || this.#gapCount <= most)) return;
    this.#fail(`lacks ${least} to ${most} events and was told of ${this.#gapCount}: ${lacking}`);
  }

  /** Where nothing is ever trimmed a gap is no excuse: what one node has comes at every other. */
  checkWhole(ends: StreamEnds): void {
    for (const [producer, end] of ends) {
      const had = new Set(this.#had.get(producer));
      for (const sequence of this.#ledger.stream(this.#shard, producer).keys()) {
        if (sequence < end && !had.has(sequence)) this.#fail(`lacks ${producer}/${sequence}, which nobody trimmed`);
      }
    }
  }

  #takeGap({ count, producer, fromSequence, toSequence }: Gap): void {
    if (count === undefined || count <= 0) this.#fail(`was told of a gap of ${count} events of ${producer}`);
    this.#gapCount += count;
    if (producer === undefined || this.#forgets) return;
    for (const sequence of this.#had.get(producer) ?? []) {
      const isWithin = sequence >= (fromSequence ?? 0) && sequence <= (toSequence ?? -1);
      if (isWithin) this.#fail(`had ${producer}/${sequence}, which a gap says is gone`);
    }
  }

  #take(record: StoredRecord): void {
    const { producer, sequence, lostBefore = 0 } = record;
    let had = this.#had.get(producer);
    if (had === undefined) {
      had = [];
      this.#had.set(producer, had);
    }
    const last = had.at(-1) ?? -1;
    if (sequence <= last) this.#fail(`got ${producer}/${sequence} after ${last}`);
    had.push(sequence);
    this.#gapCount += lostBefore;
    const written = this.#ledger.stream(this.#shard, producer).get(sequence);
    const payload = Buffer.from(record.bytes).toString();
    if (written?.payload !== payload) this.#fail(`got ${payload} as ${producer}/${sequence}, not ${written?.payload}`);
  }

  #fail(what: string): never {
    throw new AssertionError({ message: `${this.label}, shard ${this.#shard}: ${what}` });
  }
}
