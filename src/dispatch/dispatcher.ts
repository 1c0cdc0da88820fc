// Decides when a lane's ring is drained: when a batch is full, when the oldest event has lingered for `maxDelayMs`,
// or when a flush wants it. One turn serves all lanes that asked; no timer, promise or closure per event.
// Hop before: the kernel's offer, whose answer wakes a lane; hop after: the delivery.
import type { Kernel } from '../kernel/kernel.ts';
import type { Account } from '../shard/account.ts';
import type { Lane } from '../shard/lane.ts';
import type { LaneTable } from '../shard/lane-table.ts';
import type { Environment, Timer } from '../util/environment.ts';
import type { Delivery } from './delivery.ts';

export interface DispatcherOptions {
  readonly kernel: Kernel;
  readonly lanes: LaneTable;
  readonly account: Account;
  readonly delivery: Delivery;
  readonly environment: Environment;
  readonly producer: string;
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxDelayMs: number;
  /** A ring is due at these, at most what it can hold. */
  readonly dueEvents: number;
  readonly dueBytes: number;
  /** What leaves one ring between two turns of the event loop, give or take a batch. */
  readonly turnBytes: number;
  /** There is room in the ring of this lane. */
  readonly onRoom: (lane: Lane) => void;
  /** Something is pending, or nothing is any more. */
  readonly onActive: (active: boolean) => void;
  /** A turn has ended. */
  readonly onTurn: () => void;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  // Made once: a closure in `schedule` would cost its context at each call, needed or not (`garbage` in the micro bench).
  readonly #onTurn = (): void => this.#run();
  #queue: Lane[] = [];
  readonly #lingering = new Set<Lane>();
  #turn: Timer | undefined;
  #linger: Timer | undefined;
  #ringsAtMs = Infinity;
  #active = false;
  #stopped = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Lets the next turn look at a lane. */
  wake(lane: Lane): void {
    if (!lane.queued) {
      lane.queued = true;
      this.#queue.push(lane);
    }
    this.schedule();
  }

  /**
   * Serves a lane whose batch has met its end. At once, so that an adapter that answers at once is not held to a batch
   * a turn, and one that answers late does not wait until a busy producer has had its turn; but no more than `turnBytes`
   * between two turns, so that the event loop is not starved.
   */
  free(lane: Lane): void {
    if (this.#stopped) return;
    if (lane.credit > 0) this.#serve(lane, this.#options.environment.monotonicMs());
    // The next turn gives the lane its credit back, whatever the producer does.
    if (lane.phase !== 'idle' || lane.credit <= 0) this.wake(lane);
    else if (lane.pending === 0) this.#rest();
  }

  /** Makes sure that there is a next turn. */
  schedule(): void {
    if (this.#turn !== undefined || this.#stopped) return;
    this.#turn = this.#options.environment.soon(this.#onTurn);
    if (!this.#active) {
      this.#active = true;
      this.#options.onActive(true);
    }
  }

  /** Dispatches everything below a sequence without lingering. */
  hurry(lane: Lane, through: number): void {
    if (through > lane.flushThrough) lane.flushThrough = through;
    this.wake(lane);
  }

  /** Ends all turns for good: nothing leaves a ring any more. */
  stop(): void {
    this.#stopped = true;
    this.#turn?.cancel();
    this.#linger?.cancel();
    this.#turn = undefined;
    this.#linger = undefined;
    this.#queue = [];
    this.#active = false;
    this.#options.onActive(false);
  }

  /** `leastMs` is what the clock has reached by a timer's word: timers may ring a fraction of a millisecond early. */
  #run(leastMs = 0): void {
    const { environment, kernel, onTurn, turnBytes } = this.#options;
    this.#turn = undefined;
    kernel.calls.observe(environment.wallMs());
    const queue = this.#queue;
    this.#queue = [];
    const nowMs = Math.max(environment.monotonicMs(), leastMs);
    for (const lane of queue) {
      lane.queued = false;
      lane.credit = turnBytes;
      this.#serve(lane, nowMs);
    }
    onTurn();
    this.#rest();
  }

  #rest(): void {
    const { lanes, onActive } = this.#options;
    if (this.#turn !== undefined || !this.#active || lanes.pending > 0) return;
    this.#active = false;
    onActive(false);
  }

  #serve(lane: Lane, nowMs: number): void {
    if (lane.isGone) return;
    const { account, dueBytes, dueEvents, kernel, maxDelayMs } = this.#options;
    lane.settleEvictions(account);
    const count = kernel.occupancy(lane.ring);
    if (count === 0) {
      lane.dueAtMs = undefined;
      return;
    }
    lane.dueAtMs ??= nowMs + maxDelayMs;
    if (lane.phase !== 'idle') return;
    const full = lane.isFull || count >= dueEvents || kernel.bytesUsed(lane.ring) >= dueBytes;
    const wanted = lane.flushThrough > kernel.headSequence(lane.ring);
    if (full || wanted || nowMs >= lane.dueAtMs) this.#dispatch(lane, nowMs);
    else this.#letLinger(lane, nowMs);
  }

  #dispatch(lane: Lane, nowMs: number): void {
    const { delivery, kernel, maxBytes, maxEvents, onRoom, producer } = this.#options;
    const { expectedSequence, fill, memory, ring, shard } = lane;
    let batch: ReturnType<Kernel['drain']>;
    try {
      batch = kernel.drain(ring, { shard, producer }, { maxEvents, maxBytes, expectedSequence, memory });
    } catch (error) {
      delivery.wedgeForGood(lane, error);
      return;
    }
    if (batch === undefined) return;
    lane.memory = undefined;
    lane.load.leave(fill, lane.dueAtMs ?? nowMs, nowMs);
    lane.passed(batch.count);
    lane.credit -= batch.recordBytes;
    lane.isFull = false;
    // What stays behind is older than this moment: it goes as soon as the lane is free.
    lane.dueAtMs = kernel.occupancy(ring) === 0 ? undefined : nowMs;
    lane.sentAtMs = nowMs;
    delivery.send(lane, batch);
    onRoom(lane);
  }

  /** One timer for all lanes; it rings when the first of them is due, and never later. */
  #letLinger(lane: Lane, nowMs: number): void {
    const dueMs = lane.dueAtMs ?? nowMs;
    this.#lingering.add(lane);
    if (dueMs >= this.#ringsAtMs) return;
    this.#linger?.cancel();
    this.#ringsAtMs = dueMs;
    this.#linger = this.#options.environment.after(dueMs - nowMs, () => this.#ring(dueMs));
  }

  #ring(dueMs: number): void {
    this.#linger = undefined;
    this.#ringsAtMs = Infinity;
    for (const lane of this.#lingering) this.wake(lane);
    this.#lingering.clear();
    this.#turn?.cancel();
    this.#run(dueMs);
  }
}
