// Sees to it that enough other nodes have made durable what this one has stored. Invariant: what was made durable once is not
// asked for again; peers that are away may take a moment to come back, and then the caller is told both numbers.
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Environment } from '../../util/environment.ts';
import type { Awaited, Confirmations } from './confirmations.ts';
import type { MeshNode } from './mesh-node.ts';
import { syncedBy } from './synced-by.ts';

export interface DurableElsewhereOptions {
  /** How many other nodes. */
  readonly confirm: number;
  readonly node: MeshNode;
  readonly confirmations: Confirmations;
  readonly environment: Environment;
  /** How long peers may be away, milliseconds. */
  readonly patienceMs: number;
}

const AGAIN_MS = 50;

export class DurableElsewhere {
  readonly #options: DurableElsewhereOptions;
  /** By shard, up to which sequence. */
  readonly #ends = new Map<number, number>();

  constructor(options: DurableElsewhereOptions) {
    this.#options = options;
  }

  /** @throws AdapterError Transient when too few nodes have the events, or none made them durable */
  async ensure(streams: readonly Awaited[], signal: AbortSignal): Promise<void> {
    const left = streams.filter(({ shard, end }) => (this.#ends.get(shard) ?? 0) < end);
    if (this.#options.confirm === 0 || left.length === 0) return;
    const { environment, patienceMs } = this.#options;
    const endMs = environment.monotonicMs() + patienceMs;
    for (;;) {
      try {
        await this.#attempt(left, signal);
        break;
      } catch (error) {
        const isTransient = error instanceof AdapterError && error.kind === 'Transient';
        if (!isTransient || signal.aborted || environment.monotonicMs() >= endMs) throw error;
        await new Promise<void>((resolve) => environment.after(AGAIN_MS, resolve));
      }
    }
    for (const { shard, end } of left) this.#ends.set(shard, Math.max(end, this.#ends.get(shard) ?? 0));
  }

  async #attempt(streams: readonly Awaited[], signal: AbortSignal): Promise<void> {
    const { confirm, confirmations, node } = this.#options;
    await Promise.all(streams.map((awaited) => confirmations.wait(awaited, signal)));
    await syncedBy(streams, { confirm, node, signal });
  }
}
