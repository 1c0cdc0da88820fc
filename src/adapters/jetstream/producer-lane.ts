// What is known of one producer's events in one shard. Invariant: every sequence up to `through` is stored, and those in
// `beyond`; while `unsure`, more may be, and the stream has to be asked before anything is sent.
import type { Batch } from '../../adapter/contract.ts';

export class ProducerLane {
  readonly shard: number;
  readonly producer: string;
  readonly subject: string;
  /** The last sequence up to which all are stored; -1 for none. */
  through = -1;
  readonly beyond = new Set<number>();
  /** The highest stream sequence at which one of them lies. */
  streamSeq = 0;
  /** Nothing is known yet, or a message was sent and not answered. */
  unsure = true;
  /** Something was sent by this adapter. */
  tried = false;
  /** Acknowledged events that the server has lost, and of which no message has told yet. */
  forgotten = 0;

  #begun = -1;
  #lost = 0;

  constructor(prefix: string, shard: number, producer: string) {
    this.shard = shard;
    this.producer = producer;
    this.subject = `${prefix}.${shard}.${producer}`;
  }

  has(sequence: number): boolean {
    return sequence <= this.through || this.beyond.has(sequence);
  }

  /** Takes note of a message with these sequences. */
  stored(first: number, last: number, streamSeq: number): void {
    if (streamSeq > this.streamSeq) this.streamSeq = streamSeq;
    if (first <= this.through + 1) this.settle(last);
    else for (let sequence = first; sequence <= last; sequence += 1) this.beyond.add(sequence);
  }

  /** Everything up to a sequence is stored or will never be. */
  settle(sequence: number): void {
    if (sequence > this.through) this.through = sequence;
    if (this.beyond.size === 0) return;
    while (this.beyond.delete(this.through + 1)) this.through += 1;
    for (const each of this.beyond) {
      if (each <= this.through) this.beyond.delete(each);
    }
  }

  /**
   * Begins a batch: everything before it has met its end. Events that are missing right before it are told by the
   * sequences where they are known, else by what the bus says; repeating the batch changes nothing.
   */
  begin(batch: Batch): number {
    const { firstSequence } = batch;
    if (firstSequence === this.#begun) return this.#lost;
    this.#begun = firstSequence;
    this.#lost = this.#missingBefore(batch);
    this.settle(firstSequence - 1);
    return this.#lost;
  }

  #missingBefore({ firstSequence, lostBefore }: Batch): number {
    if (this.through < 0 && this.beyond.size === 0) return lostBefore;
    let stored = 0;
    for (const each of this.beyond) if (each < firstSequence) stored += 1;
    return Math.max(0, firstSequence - 1 - this.through - stored);
  }
}
