// What is known of one stream elsewhere, and from whom it is taken. Invariant: a stream is taken from at most one peer at a
// time; `expected` is the sequence behind what is stored and what is on its way into the store.
import type { Stream } from '../store/stream.ts';

/** What one peer has of a stream. */
export interface Remote {
  readonly link: number;
  /** The peer's number of the stream. */
  readonly number: number;
  /** The peer is the producer. */
  readonly isOrigin: boolean;
  from: number;
  to: number;
  /** A sequence below which it turned out to have nothing, whatever it told. */
  lacks: number;
  /** It was asked to go on elsewhere and has not done so yet: what does not follow was sent before that. */
  awaiting: boolean;
  /** It was silent: not asked again before this time, milliseconds. */
  avoidUntilMs: number;
}

export class Supply {
  readonly shard: number;
  readonly producer: string;
  /** As it is stored here; undefined while nothing is. */
  stream: Stream | undefined;
  /** By link. */
  readonly remotes = new Map<number, Remote>();
  /** The link that it is taken from. */
  supplier: number | undefined;
  expected: number;
  /** Frames on their way into the store. */
  pending = 0;
  /** When a frame came last, or was asked for. */
  progressAtMs = 0;
  /** Since when somebody has more; undefined when nobody has. */
  wantingSinceMs: number | undefined;
  /** Since when everybody lacks what is expected. */
  gapSinceMs: number | undefined;
  /** The store refused a frame: not before this time again. */
  retryAtMs = 0;
  failures = 0;

  constructor(shard: number, producer: string, stream: Stream | undefined) {
    this.shard = shard;
    this.producer = producer;
    this.stream = stream;
    this.expected = stream?.to ?? 0;
  }

  /** Whether some peer has more than is expected here. */
  get isBehind(): boolean {
    for (const { to } of this.remotes.values()) if (to > this.expected) return true;
    return false;
  }
}
