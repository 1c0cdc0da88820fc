// Why shards were not added or not removed, with the numbers. A call that is refused has changed nothing; after
// DrainTimeout the shards it names take no more events and go when they are empty.
import { EventBusError } from './event-bus-error.ts';

const CODES = {
  AtMaximum: 'EBUS_SCALING_AT_MAXIMUM',
  BelowMinimum: 'EBUS_SCALING_BELOW_MINIMUM',
  UnknownShard: 'EBUS_SCALING_UNKNOWN_SHARD',
  AlreadyDraining: 'EBUS_SCALING_ALREADY_DRAINING',
  Adapter: 'EBUS_SCALING_ADAPTER',
  Memory: 'EBUS_SCALING_MEMORY',
  DrainTimeout: 'EBUS_SCALING_DRAIN_TIMEOUT',
  InvalidRequest: 'EBUS_SCALING_INVALID_REQUEST',
  ShuttingDown: 'EBUS_SCALING_SHUTTING_DOWN',
} as const;

/** The variants of ScalingError. */
export type ScalingErrorKind = keyof typeof CODES;

/** The numbers behind a ScalingError; each kind has those that its description names. */
export interface ScalingErrorFigures {
  /** How many shards the call wanted to add or remove. AtMaximum, BelowMinimum, Memory. */
  readonly requested?: number;
  /** How many shards there were then. AtMaximum, BelowMinimum, Memory. */
  readonly alive?: number;
  /** The bound that the call would have passed. AtMaximum, BelowMinimum. */
  readonly limit?: number;
  /** The shards that are meant. UnknownShard, AlreadyDraining, Adapter. */
  readonly shards?: readonly number[];
  /** What all rings would have come to. Memory. */
  readonly neededBytes?: number;
  /** What they may come to. Memory. */
  readonly maxMemoryBytes?: number;
  /** How long was waited. DrainTimeout. */
  readonly timeoutMs?: number;
  /** The shards of the call that still drain; they take no more events and go when they are empty. DrainTimeout. */
  readonly draining?: readonly number[];
  /** The shards of the call that are gone. DrainTimeout. */
  readonly gone?: readonly number[];
}

/**
 * `addShards` or `removeShards` failed. AtMaximum and BelowMinimum: the bounds forbid it. UnknownShard: no such shard,
 * or it is gone. AlreadyDraining: it is being removed. Adapter: it could not prepare or seal a shard, see `cause`.
 * Memory: the rings would pass `maxMemoryBytes`. DrainTimeout: shards still drain. InvalidRequest: no count, or no
 * list of shards. ShuttingDown: the bus is being shut down.
 *
 * @example
 * ```ts
 * throw ScalingError.atMaximum({ requested: 2, alive: 255, limit: 256 });
 * ```
 */
export class ScalingError extends EventBusError implements ScalingErrorFigures {
  static readonly family = 'ScalingError';
  readonly code: (typeof CODES)[ScalingErrorKind];
  readonly kind: ScalingErrorKind;
  declare readonly requested?: number;
  declare readonly alive?: number;
  declare readonly limit?: number;
  declare readonly shards?: readonly number[];
  declare readonly neededBytes?: number;
  declare readonly maxMemoryBytes?: number;
  declare readonly timeoutMs?: number;
  declare readonly draining?: readonly number[];
  declare readonly gone?: readonly number[];

  constructor(
    kind: ScalingErrorKind,
    message: string,
    options: { cause?: unknown; figures?: ScalingErrorFigures } = {},
  ) {
    super(ScalingError.family, message, options);
    this.kind = kind;
    this.code = CODES[kind];
    Object.assign(this, options.figures);
  }

  /** `addShards` would pass the most shards there may be. */
  static atMaximum(figures: { requested: number; alive: number; limit: number }): ScalingError {
    const { requested, alive, limit } = figures;
    const message = `Adding ${shards(requested)} to ${alive} passes the maximum of ${limit}.`;
    return new ScalingError('AtMaximum', message, { figures });
  }

  /** `removeShards` would leave fewer shards than there have to be. */
  static belowMinimum(figures: { requested: number; alive: number; limit: number }): ScalingError {
    const { requested, alive, limit } = figures;
    const message = `Removing ${shards(requested)} of ${alive} passes the minimum of ${limit}.`;
    return new ScalingError('BelowMinimum', message, { figures });
  }

  /** `removeShards` names shards that this bus does not have, or no longer. */
  static unknownShard(unknown: readonly number[]): ScalingError {
    const message = `This bus has no ${named(unknown)}: nothing was removed. stats.shards lists those it has.`;
    return new ScalingError('UnknownShard', message, { figures: { shards: copy(unknown) } });
  }

  /** `removeShards` names shards that an earlier call is removing. */
  static alreadyDraining(draining: readonly number[]): ScalingError {
    const verb = draining.length === 1 ? 'is' : 'are';
    const message = `Removed already: ${named(draining)} ${verb} draining. Nothing else was removed.`;
    return new ScalingError('AlreadyDraining', message, { figures: { shards: copy(draining) } });
  }

  /** The adapter could not do its part for some shards; for none when it could not tell which ids are free. */
  static adapter(doing: 'preparing' | 'sealing', failed: readonly number[], cause: unknown): ScalingError {
    const what = failed.length === 0 ? 'asked for free shard ids' : `${doing} ${named(failed)}`;
    const message = `The adapter failed when ${what}: ${cause instanceof Error ? cause.message : cause}`;
    return new ScalingError('Adapter', message, { cause, figures: { shards: copy(failed) } });
  }

  /** The rings would take more than `maxMemoryBytes`. */
  static memory(figures: {
    requested: number;
    alive: number;
    ringBytes: number;
    maxMemoryBytes: number;
  }): ScalingError {
    const { requested, alive, ringBytes, maxMemoryBytes } = figures;
    const neededBytes = (alive + requested) * ringBytes;
    const sum = `(${alive} + ${requested}) × ${ringBytes} = ${neededBytes}`;
    const message = `Adding ${shards(requested)} makes the rings take ${sum} bytes, over maxMemoryBytes of ${maxMemoryBytes}.`;
    return new ScalingError('Memory', message, { figures: { requested, alive, neededBytes, maxMemoryBytes } });
  }

  /** Shards have not emptied in time. They stay out of routing, and go when they have. */
  static drainTimeout(figures: {
    timeoutMs: number;
    draining: readonly number[];
    gone: readonly number[];
  }): ScalingError {
    const { timeoutMs, draining, gone } = figures;
    const rest = gone.length === 0 ? 'None of the call is gone' : `Gone: ${named(gone)}`;
    const message = `After ${timeoutMs} ms still draining: ${named(draining)}, out of routing and to go when empty. ${rest}.`;
    return new ScalingError('DrainTimeout', message, {
      figures: { timeoutMs, draining: copy(draining), gone: copy(gone) },
    });
  }

  /** What was given is no count, or no list of shards; `expected` says what is. */
  static invalidRequest(expected: string): ScalingError {
    return new ScalingError('InvalidRequest', expected);
  }

  /** The bus is being shut down, or is. */
  static shuttingDown(): ScalingError {
    return new ScalingError('ShuttingDown', 'The bus is shutting down: its shards are not changed any more.');
  }
}

function shards(count: number): string {
  return count === 1 ? '1 shard' : `${count} shards`;
}

function named(ids: readonly number[]): string {
  return `${ids.length === 1 ? 'shard' : 'shards'} ${ids.join(', ')}`;
}

function copy(ids: readonly number[]): readonly number[] {
  return Object.freeze([...ids]);
}
