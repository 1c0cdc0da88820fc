// Adds shards to a running bus and takes them away. Invariants: a shard is routable only when everything it needs is
// there, and shards are added all or none; one that is removed takes no event from the moment of the call, and is gone
// only when its last event has met its end and the store has it sealed.
// Hop before: EventBus.addShards and the scaler; hop after: the table of lanes, and the adapter through the guard.
import type { Finding } from '../adapter/finding.ts';
import { type AdapterGuard, asAdapterError } from '../adapter/guard.ts';
import { ScalingError } from '../errors/scaling-error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Lane } from '../shard/lane.ts';
import type { LaneTable } from '../shard/lane-table.ts';
import { AbortFan } from '../util/abort-fan.ts';
import { abortable } from '../util/abortable.ts';
import type { Environment } from '../util/environment.ts';
import { chooseShards } from './choose-shards.ts';
import { Departure } from './departure.ts';

export interface ResizerOptions {
  readonly kernel: Kernel;
  readonly lanes: LaneTable;
  readonly guard: AdapterGuard;
  readonly environment: Environment;
  readonly minShards: number;
  readonly maxShards: number;
  readonly maxMemoryBytes: number;
  readonly drainTimeoutMs: number;
  readonly report: (finding: Finding) => void;
  /** Slots have moved: those who wait for room have to move with them. */
  readonly onRoutes: () => void;
  /** Everything that the lane still holds has to leave at once. */
  readonly onLeaving: (lane: Lane) => void;
  /** The lane is gone. */
  readonly onRetired: (lane: Lane) => void;
}

/** One call of `add`. */
interface Addition {
  readonly count: number;
  readonly signal: AbortSignal | undefined;
  /** The new shards, once they are there. */
  shards?: number[];
}

export class Resizer {
  readonly #options: ResizerOptions;
  readonly #aborts = new AbortFan();
  readonly #departures = new Map<Lane, Departure>();
  /** Calls of `add` follow one another: each has to see the ids that the one before has taken. */
  #adding: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(options: ResizerOptions) {
    this.#options = options;
  }

  /** The ids of the new shards, ascending. @throws ScalingError, and then nothing has changed */
  async add(count: number, signal?: AbortSignal): Promise<number[]> {
    signal?.throwIfAborted();
    const addition: Addition = { count, signal };
    const added = this.#adding.then(() => this.#add(addition));
    this.#adding = added.catch(() => 'told to the caller');
    try {
      return await abortable(added, signal, this.#aborts);
    } catch (error) {
      // A signal that aborts when the shards are there has come too late: what rejects has changed nothing.
      if (addition.shards === undefined) throw error;
      return addition.shards;
    }
  }

  /** Resolves when the shards are gone. @throws ScalingError; DrainTimeout when some need longer, and go then */
  async remove(shards: readonly number[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { drainTimeoutMs, environment, lanes, onLeaving, onRoutes } = this.#options;
    const leaving = this.#removable(shards);
    lanes.divert(leaving.filter((lane) => !lane.isDraining));
    onRoutes();
    const departures = leaving.map((lane) => this.#depart(lane));
    for (const lane of leaving) onLeaving(lane);
    const settled = settledWithin(departures, drainTimeoutMs, environment);
    let inTime = false;
    try {
      inTime = await abortable(settled, signal, this.#aborts);
    } finally {
      if (!inTime) this.#reportFailures(departures);
    }
    this.#tell(departures, inTime);
  }

  /** Shards that are out of routing and that nothing is removing any more: their sealing failed. */
  get unfinished(): readonly number[] {
    const { lanes } = this.#options.lanes;
    return lanes.filter((lane) => lane.isDraining && !this.#departures.has(lane)).map(({ shard }) => shard);
  }

  /** Looks at a lane whose batch has met its end. */
  noteFree(lane: Lane): void {
    if (lane.isDrained) this.#departures.get(lane)?.drained();
  }

  /** Refuses every further call, and those that have not changed anything yet. */
  stop(): void {
    this.#stopped = true;
  }

  /** Nothing is dispatched any more: shards that still hold something stay open, since the store may yet get it. */
  leaveOpen(): void {
    for (const [lane, departure] of this.#departures) {
      if (lane.pending > 0) departure.giveUp(ScalingError.shuttingDown());
    }
  }

  /**
   * After the bus has drained: resolves when the shards that were empty in time are sealed, or when their time is up.
   * The others stay open.
   */
  async settle(timeoutMs: number): Promise<void> {
    const open = [...this.#departures.values()];
    for (const departure of open) departure.giveUp(ScalingError.shuttingDown());
    await settledWithin(open, timeoutMs, this.#options.environment);
  }

  async #add(addition: Addition): Promise<number[]> {
    const { count, signal } = addition;
    if (!Number.isInteger(count) || count < 1) {
      throw ScalingError.invalidRequest('addShards takes how many, a whole number from 1.');
    }
    this.#checkRoom(count);
    const { guard, kernel, lanes, onRoutes } = this.#options;
    let shards: number[] = [];
    try {
      shards = chooseShards(count, await guard.listShards(), lanes.given);
      for (const shard of shards) await guard.prepareShard(shard);
    } catch (error) {
      this.#throwIfStopped();
      throw ScalingError.adapter('preparing', shards, asAdapterError(error, guard.name));
    }
    // Shards may have gone meanwhile, but none has come; from here on nothing waits.
    this.#throwIfStopped();
    signal?.throwIfAborted();
    if (!kernel.reserve(count)) throw this.#noAddressSpace(count);
    lanes.add(shards);
    addition.shards = shards;
    onRoutes();
    return shards;
  }

  #checkRoom(requested: number): void {
    this.#throwIfStopped();
    const { kernel, lanes, maxMemoryBytes, maxShards } = this.#options;
    // One that drains still has its ring.
    const alive = lanes.lanes.length;
    if (alive + requested > maxShards) throw ScalingError.atMaximum({ requested, alive, limit: maxShards });
    const { ringBytes } = kernel;
    if ((alive + requested) * ringBytes > maxMemoryBytes) {
      throw ScalingError.memory({ requested, alive, ringBytes, maxMemoryBytes });
    }
  }

  /** The lanes of these shards, if all of them may go. A shard whose sealing failed may be removed once more. */
  #removable(asked: readonly number[]): Lane[] {
    // A copy, in which a hole of the caller's array is an element as any other.
    const shards = Array.isArray(asked) ? [...asked] : [];
    if (shards.length === 0 || new Set(shards).size < shards.length) {
      throw ScalingError.invalidRequest('removeShards takes an array of shard ids, one or more, each once.');
    }
    this.#throwIfStopped();
    const { lanes, minShards } = this.#options;
    const byShard = new Map(lanes.lanes.map((lane) => [lane.shard, lane]));
    const unknown = shards.filter((shard) => !byShard.has(shard));
    if (unknown.length > 0) throw ScalingError.unknownShard(unknown);
    const leaving = shards.map((shard) => byShard.get(shard) as Lane);
    const draining = leaving.filter((lane) => this.#departures.has(lane));
    if (draining.length > 0) throw ScalingError.alreadyDraining(draining.map(({ shard }) => shard));
    const requested = leaving.filter((lane) => !lane.isDraining).length;
    const alive = lanes.active.length;
    if (requested > 0 && alive - requested < minShards) {
      throw ScalingError.belowMinimum({ requested, alive, limit: minShards });
    }
    return leaving;
  }

  #depart(lane: Lane): Departure {
    const departure = new Departure(lane, () => this.#seal(lane));
    this.#departures.set(lane, departure);
    void departure.settled.then(() => this.#departures.delete(lane));
    if (lane.isDrained) departure.drained();
    return departure;
  }

  /** The last step: sealed where the store knows how, and gone. */
  async #seal(lane: Lane): Promise<void> {
    const { guard, lanes, onRetired } = this.#options;
    if (guard.capabilities.exclusive === true) await guard.sealShard(lane.shard);
    lanes.retire(lane);
    onRetired(lane);
  }

  /** The caller of `remove` has gone, or hears of a time-out alone: the operator hears what fails. */
  #reportFailures(departures: readonly Departure[]): void {
    const { report } = this.#options;
    for (const { shard, settled } of departures) {
      void settled.then((error) => {
        if (error !== undefined) report({ kind: 'removal-failed', shard, message: error.message, cause: error });
      });
    }
  }

  /** What the caller of `remove` has to hear. */
  #tell(departures: readonly Departure[], inTime: boolean): void {
    const { drainTimeoutMs: timeoutMs } = this.#options;
    if (!inTime) {
      const draining = departures.filter(({ isSettled }) => !isSettled).map(({ shard }) => shard);
      const gone = departures.filter(({ isGone }) => isGone).map(({ shard }) => shard);
      throw ScalingError.drainTimeout({ timeoutMs, draining, gone });
    }
    const failed = departures.filter(({ error }) => error !== undefined);
    const [first] = failed;
    if (first === undefined) return;
    if (first.error instanceof ScalingError) throw first.error;
    const shards = failed.map(({ shard }) => shard);
    throw ScalingError.adapter('sealing', shards, first.error);
  }

  #noAddressSpace(requested: number): ScalingError {
    const { kernel, lanes, maxMemoryBytes } = this.#options;
    const alive = lanes.lanes.length;
    const neededBytes = (alive + requested) * kernel.ringBytes;
    const message =
      `The address space does not suffice for ${requested} more of the rings of ${kernel.ringBytes} bytes: lower ` +
      'ringCapacity or ringBytes, or raise the limit (ulimit -v).';
    return new ScalingError('Memory', message, { figures: { requested, alive, neededBytes, maxMemoryBytes } });
  }

  #throwIfStopped(): void {
    if (this.#stopped) throw ScalingError.shuttingDown();
  }
}

/** Whether all have settled before the time is up. */
function settledWithin(
  departures: readonly Departure[],
  timeoutMs: number,
  environment: Environment,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = environment.after(timeoutMs, () => resolve(false));
    void Promise.all(departures.map(({ settled }) => settled)).then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
