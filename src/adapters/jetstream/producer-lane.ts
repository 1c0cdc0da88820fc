// What is known of one producer's events in one shard. Invariant: every sequence up to `through` is stored, and those in
// `beyond`; while `unsure`, more may be, and the stream has to be asked before anything is sent.

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
    for (let sequence = first; sequence <= last; sequence += 1) {
      if (sequence > this.through) this.beyond.add(sequence);
    }
  }

  /** Everything up to a sequence is stored or will never be. */
  settle(sequence: number): void {
    if (sequence > this.through) this.through = sequence;
    for (const each of this.beyond) {
      if (each <= this.through) this.beyond.delete(each);
    }
  }
}
