// Follows the events that each flush covers to their ends, and remembers which ends no flush has told of yet.
// Invariant: a lane's events end in the order of their sequences, evictions apart, which may overtake the batch that
// is under way; so what a settled flush has told is everything below its target that has ended without a hole.
import type { AdapterError, EndCounts } from '../errors/adapter-error.ts';
import type { Account } from '../shard/account.ts';
import { addEnds, DROP_REASONS, type End, type EndedRange, type Ends, noEnds } from '../shard/ends.ts';
import type { Lane } from '../shard/lane.ts';

interface LaneCover {
  readonly target: number;
  /** Ends of events behind the target, since the flush began. */
  readonly behind: Ends;
}

/** One flush on its way. */
export class Flush {
  readonly #counts = noEnds();
  readonly #covers = new Map<Lane, LaneCover>();
  readonly #open = new Set<Lane>();
  #waiting: (() => void)[] = [];
  #end: () => void = () => undefined;
  /** Resolves when every covered event has met its end. */
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });
  #error: AdapterError | undefined;
  /** The ends of all shards that were gone when it began; sums that only grow. */
  inherited: Ends = noEnds();

  cover(lane: Lane, untold: Ends, target: number): void {
    addEnds(this.#counts, untold);
    this.#covers.set(lane, { target, behind: noEnds() });
    if (lane.endedThrough < target) this.#open.add(lane);
  }

  noticeEnd(lane: Lane, { end, firstSequence, count }: EndedRange, error: AdapterError | undefined): void {
    const cover = this.#covers.get(lane);
    if (cover === undefined) return;
    const covered = Math.max(0, Math.min(count, cover.target - firstSequence));
    this.#counts[end] += covered;
    cover.behind[end] += count - covered;
    if (covered > 0) this.#error ??= error;
    if (lane.endedThrough >= cover.target) this.#open.delete(lane);
    this.check();
  }

  check(): void {
    if (this.#open.size > 0) return;
    this.#end();
    this.#goOn();
  }

  noticeWedge(lane: Lane): void {
    if (this.#open.has(lane)) this.#goOn();
  }

  /** Resolves when every covered event has met its end, or a covered lane is wedged. */
  settled(): Promise<void> {
    if (this.#open.size === 0 || this.stuck.length > 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whether every covered event has met its end. */
  get isEnded(): boolean {
    return this.#open.size === 0;
  }

  /** Wedged lanes whose covered events have not met their end. */
  get stuck(): readonly Lane[] {
    return [...this.#open].filter((lane) => lane.phase === 'wedged');
  }

  /** The first error that dropped a covered event. */
  get error(): AdapterError | undefined {
    return this.#error;
  }

  /** Events that were lost against the caller's will: evictions are his policy. */
  get failed(): number {
    let sum = 0;
    for (const reason of DROP_REASONS) if (reason !== 'evicted') sum += this.#counts[reason];
    return sum;
  }

  counts(): EndCounts {
    const { dispatched, ...dropped } = this.#counts;
    return { dispatched, dropped };
  }

  covers(): ReadonlyMap<Lane, LaneCover> {
    return this.#covers;
  }

  /** Counts ends of shards that are gone: `all` that there were, less those that were `told`. */
  inherit(all: Ends, told: Ends): void {
    this.inherited = { ...all };
    for (const end of Object.keys(all) as End[]) this.#counts[end] += all[end] - told[end];
  }

  #goOn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

export class Flushes {
  readonly #untold = new Map<Lane, { through: number; ends: Ends }>();
  readonly #running = new Set<Flush>();
  /** Lanes that are gone and that a running flush still covers; the others are only sums. */
  readonly #leaving = new Set<Lane>();
  /** Ends of lanes that are gone, as far as no flush had told of them then, and what flushes have told of these. */
  readonly #gone = noEnds();
  readonly #goneTold = noEnds();

  constructor(account: Account) {
    account.listen((lane, range, error) => {
      const untold = this.#untoldOf(lane);
      untold.ends[range.end] += range.count;
      for (const flush of this.#running) flush.noticeEnd(lane, range, error);
    });
  }

  /** Begins to follow everything that was accepted below the targets. */
  start(targets: Iterable<readonly [Lane, number]>): Flush {
    const flush = new Flush();
    flush.inherit(this.#gone, this.#goneTold);
    for (const [lane, target] of targets) flush.cover(lane, this.#untoldOf(lane).ends, target);
    for (const lane of this.#leaving) flush.cover(lane, this.#untoldOf(lane).ends, lane.endedThrough);
    this.#running.add(flush);
    flush.check();
    return flush;
  }

  /** The caller of this flush is being told now. */
  told(flush: Flush): void {
    this.#running.delete(flush);
    for (const [lane, { target, behind }] of flush.covers()) {
      const through = Math.min(target, lane.endedThrough);
      if (through <= this.#untoldOf(lane).through) continue;
      // Evicted, covered, and ahead of a batch that has not ended: they belong to what the next flush tells.
      const evicted = behind.evicted + lane.evictedAhead(target);
      this.#untold.set(lane, { through, ends: { ...behind, evicted } });
    }
    for (const end of Object.keys(this.#gone) as End[]) {
      this.#goneTold[end] = Math.max(this.#goneTold[end], flush.inherited[end]);
    }
    this.#letGo();
  }

  /** The caller has gone without being told. */
  abandon(flush: Flush): void {
    this.#running.delete(flush);
    this.#letGo();
  }

  /** The lane is drained and will never have another end. */
  retire(lane: Lane): void {
    this.#leaving.add(lane);
    this.#letGo();
  }

  /** Keeps no more than sums of the lanes that are gone and that no running flush looks at. */
  #letGo(): void {
    for (const lane of this.#leaving) {
      if ([...this.#running].some((flush) => flush.covers().has(lane))) continue;
      addEnds(this.#gone, this.#untoldOf(lane).ends);
      this.#untold.delete(lane);
      this.#leaving.delete(lane);
    }
  }

  noticeWedge(lane: Lane): void {
    for (const flush of this.#running) flush.noticeWedge(lane);
  }

  #untoldOf(lane: Lane): { through: number; ends: Ends } {
    let untold = this.#untold.get(lane);
    if (untold === undefined) {
      untold = { through: 0, ends: noEnds() };
      this.#untold.set(lane, untold);
    }
    return untold;
  }
}
