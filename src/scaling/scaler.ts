// Looks at the load, answers `suggestScaling`, and with `automatic` follows its own advice, telling what it did.
// Invariant: one change at a time, none within the cooldown of the last one or of a failure, none after `stop`.
// Hop before: the samples of the bus; hop after: its addShards and removeShards.
import type { Finding } from '../adapter/finding.ts';
import type { Environment, Timer } from '../util/environment.ts';
import { isOverloaded, type ScalingDecision, suggestScaling } from './decision.ts';
import { ChangeWatch } from './last-change.ts';
import { type Load, LoadWindow } from './load.ts';
import type { ResolvedScaling } from './policy.ts';
import type { LoadSource } from './shard-sample.ts';

export interface ScalerOptions {
  readonly source: LoadSource;
  readonly policy: ResolvedScaling;
  /** Whether to look by itself, ten times in a window; without it, only when it is asked. */
  readonly looks: boolean;
  readonly environment: Environment;
  /** Adds shards and resolves to their ids. */
  readonly add: (count: number) => Promise<readonly number[]>;
  /** Removes shards, and resolves when they are gone. */
  readonly remove: (shards: readonly number[]) => Promise<unknown>;
  /** Shards whose removal has failed after they were out of routing: they wait to be removed once more. */
  readonly unfinished: () => readonly number[];
  /** Is told `scaled-up`, `scaled-down` and `scaling-failed`. */
  readonly report: (finding: Finding) => void;
}

type Change =
  | { readonly kind: 'add-shards'; readonly count: number; readonly message: string }
  | { readonly kind: 'remove-shards'; readonly shards: readonly number[]; readonly message: string };

export class Scaler {
  readonly #options: ScalerOptions;
  readonly #window: LoadWindow;
  readonly #changes = new ChangeWatch();
  #timer: Timer | undefined;
  #isChanging = false;
  #isStopped = false;
  /** No change of its own before, in monotonic milliseconds. */
  #notBeforeMs = -Infinity;

  constructor(options: ScalerOptions) {
    this.#options = options;
    this.#window = new LoadWindow(options.policy.thresholds.windowMs);
  }

  /** Begins the first window. */
  start(): void {
    this.#observe();
    if (this.#options.looks) this.#lookLater();
  }

  /** What should be done now. Changes nothing. */
  suggest(): ScalingDecision {
    return this.#decide(this.#observe());
  }

  /** Ends it for good. A change that is under way goes on, and its end is told no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #lookLater(): void {
    // In the background: an idle bus does not keep the process alive.
    this.#timer = this.#options.environment.after(this.#window.intervalMs, () => this.#look(), true);
  }

  #look(): void {
    this.#lookLater();
    const decision = this.suggest();
    if (!this.#options.policy.automatic || this.#isChanging) return;
    if (this.#options.environment.monotonicMs() < this.#notBeforeMs) return;
    const shards = this.#options.unfinished();
    // First: as long as one is there, nothing else is advised.
    if (shards.length > 0) void this.#follow({ kind: 'remove-shards', shards, message: 'Their removal had failed.' });
    else if (decision.kind !== 'none') void this.#follow(decision);
  }

  #observe(): Load {
    const { environment, policy, source } = this.#options;
    const atMs = environment.monotonicMs();
    const load = this.#window.observe(source.sample(), atMs);
    this.#changes.observe(load, { atMs, isOverloaded: load.shards.some((shard) => isOverloaded(shard, policy)) });
    return load;
  }

  #decide(load: Load): ScalingDecision {
    const { environment, policy } = this.#options;
    return suggestScaling({ load, policy, lastChange: this.#changes.last, nowMs: environment.monotonicMs() });
  }

  /** Never rejects: a failure is reported. */
  async #follow(wanted: Change): Promise<void> {
    const { environment, policy } = this.#options;
    this.#isChanging = true;
    try {
      const { kind, message } = await this.#change(wanted);
      this.#tell({ kind, message: `${message} ${wanted.message}` });
    } catch (cause) {
      const doing = wanted.kind === 'add-shards' ? 'Adding' : 'Removing';
      this.#tell({ kind: 'scaling-failed', message: `${doing} shards failed. ${wanted.message}`, cause });
    } finally {
      this.#isChanging = false;
      this.#notBeforeMs = environment.monotonicMs() + policy.cooldownMs;
    }
  }

  async #change(wanted: Change): Promise<{ kind: string; message: string }> {
    if (wanted.kind === 'add-shards') {
      const added = await this.#options.add(wanted.count);
      return { kind: 'scaled-up', message: `Added: ${named(added)}.` };
    }
    await this.#options.remove(wanted.shards);
    return { kind: 'scaled-down', message: `Removed: ${named(wanted.shards)}.` };
  }

  /** Whoever stopped it has ended the bus, and with it the change; that is no news of scaling. */
  #tell(finding: Finding): void {
    if (!this.#isStopped) this.#options.report(finding);
  }
}

function named(shards: readonly number[]): string {
  return `${shards.length === 1 ? 'shard' : 'shards'} ${shards.join(', ')}`;
}
