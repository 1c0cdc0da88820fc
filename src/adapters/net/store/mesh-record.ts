// One stored event as a reader of a mesh gets it. Invariant: its position is what a page that ends right after it would give;
// it is made when it is asked for, walking forward through the runs of the page.
import type { StoredRecord } from '../../../adapter/contract.ts';
import { FrameRecord } from '../../../frame/record.ts';
import type { RecordBlock } from '../../../frame/record-block.ts';
import { encodePosition } from './position.ts';
import type { ReadingPlace } from './reading-place.ts';
import type { Stream } from './stream.ts';

/** Records of one stream that a page took one behind the other. */
export interface PageRun {
  readonly trail: PlaceTrail;
  readonly stream: Stream;
  /** Which run of the page it is. */
  readonly nth: number;
  readonly block: RecordBlock;
}

type RunEnd = readonly [stream: Stream, next: number];

/** The way that a page took through the streams of a shard. */
export class PlaceTrail {
  readonly #start: ReadingPlace;
  readonly #ends: RunEnd[] = [];
  #walk: { readonly place: ReadingPlace; nth: number } | undefined;

  /** @param start Is kept and not changed. */
  constructor(start: ReadingPlace) {
    this.#start = start;
  }

  /** Begins a run; returns which one it is. */
  begin(stream: Stream): number {
    return this.#ends.push([stream, 0]) - 1;
  }

  /** Ends the run that was begun last. */
  end(next: number): void {
    const last = this.#ends.length - 1;
    const [stream] = this.#ends[last] as RunEnd;
    this.#ends[last] = [stream, next];
  }

  /** The position when a run was read up to a sequence. */
  positionAt(nth: number, next: number): string | undefined {
    let walk = this.#walk;
    if (walk === undefined || walk.nth > nth) walk = { place: this.#start.copy(), nth: 0 };
    this.#walk = walk;
    for (; walk.nth < nth; walk.nth += 1) {
      const [stream, end] = this.#ends[walk.nth] as RunEnd;
      walk.place.next.set(stream, end);
    }
    const [stream] = this.#ends[nth] as RunEnd;
    walk.place.next.set(stream, next);
    return encodePosition(walk.place.position());
  }
}

export class MeshRecord extends FrameRecord implements StoredRecord {
  readonly lostBefore: number | undefined;
  readonly #run: PageRun;

  constructor(run: PageRun, at: number, lostBefore: number) {
    super(run.block, at);
    this.#run = run;
    this.lostBefore = lostBefore > 0 ? lostBefore : undefined;
  }

  get position(): string {
    const { trail, nth } = this.#run;
    return trail.positionAt(nth, this.sequence + 1) as string; // Something was read, so it is no start.
  }

  get producer(): string {
    return this.#run.stream.producer;
  }
}
