// Tells the operator through `diagnostics_channel`: drops, gathered per shard, reason and turn of the event loop, and
// findings as they come. Costs nothing while nobody subscribes.
import { channel } from 'node:diagnostics_channel';
import type { Finding } from '../adapter/finding.ts';
import type { Account } from '../shard/account.ts';
import type { DropReason } from '../shard/ends.ts';

/** A message on `meshbus:drop`. */
export interface DropMessage {
  readonly producer: string;
  readonly shard: number;
  readonly reason: DropReason;
  readonly count: number;
}

/** A message on `meshbus:finding`. */
export interface FindingMessage extends Finding {
  readonly producer: string;
}

export class Announcer {
  readonly #producer: string;
  readonly #drops = channel('meshbus:drop');
  readonly #findings = channel('meshbus:finding');
  readonly #gathered = new Map<string, { shard: number; reason: DropReason; count: number }>();

  constructor(producer: string) {
    this.#producer = producer;
  }

  /** Gathers every drop of an account; `onDrop` has to see to it that `publish` is called in this turn or the next. */
  gather(account: Account, onDrop: () => void): void {
    account.listen((lane, { end, count }) => {
      if (end === 'dispatched') return;
      onDrop();
      if (!this.#drops.hasSubscribers) return;
      const key = `${lane.shard} ${end}`;
      const drop = this.#gathered.get(key) ?? { shard: lane.shard, reason: end, count: 0 };
      drop.count += count;
      this.#gathered.set(key, drop);
    });
  }

  publish(): void {
    if (this.#gathered.size === 0) return;
    const drops = [...this.#gathered.values()];
    this.#gathered.clear();
    for (const drop of drops) this.#drops.publish({ producer: this.#producer, ...drop } satisfies DropMessage);
  }

  report(finding: Finding): void {
    if (!this.#findings.hasSubscribers) return;
    this.#findings.publish({ producer: this.#producer, ...finding } satisfies FindingMessage);
  }
}
