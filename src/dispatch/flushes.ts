// Follows the events that each flush covers to their ends, and remembers which ends no flush has told of yet.
// Invariant: a lane's events end in the order of their sequences, evictions apart, which may overtake the batch that
// is under way; so what a settled flush has told is everything below its target that has ended without a hole.
import type { AdapterError, EndCounts } from '../errors/adapter-error.ts';
import type { Account } from '../shard/account.ts';
import { addEnds, DROP_REASONS, type EndedRange, type Ends, noEnds } from '../shard/ends.ts';
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

  #goOn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

export class Flushes {
  readonly #untold = new Map<Lane, { through: number; ends: Ends }>();
  readonly #running = new Set<Flush>();

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
    for (const [lane, target] of targets) flush.cover(lane, this.#untoldOf(lane).ends, target);
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
  }

  /** The caller has gone without being told. */
  abandon(flush: Flush): void {
    this.#running.delete(flush);
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
