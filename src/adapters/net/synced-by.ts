// Waits until enough other nodes have made durable what they have of some streams. Invariant: a node counts for a stream when
// it had told of it before it was asked; a slow node holds nobody back while others are enough.
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Awaited } from './confirmations.ts';
import type { MeshNode } from './mesh-node.ts';

export interface SyncOptions {
  /** How many other nodes must have made each stream durable. */
  readonly confirm: number;
  readonly node: MeshNode;
  readonly signal: AbortSignal;
}

/** @throws AdapterError Transient when too few answer */
export function syncedBy(streams: readonly Awaited[], { confirm, node, signal }: SyncOptions): Promise<void> {
  const missing = new Map(streams.map((each) => [each, confirm]));
  const byLink = new Map<number, Awaited[]>();
  for (const each of streams) {
    for (const link of node.replication.holders(each.shard, each.producer, each.end)) {
      byLink.set(link, [...(byLink.get(link) ?? []), each]);
    }
  }
  return new Promise((resolve, reject) => {
    let asked = byLink.size;
    const tooFew = (): void => {
      const most = Math.max(0, ...missing.values());
      const message = `${confirm} other nodes must have made a flush durable (confirm), and ${confirm - most} have.`;
      reject(new AdapterError('Transient', message));
    };
    if (missing.size === 0) resolve();
    else if (asked === 0 || signal.aborted) tooFew();
    signal.addEventListener('abort', tooFew, { once: true });
    for (const [link, held] of byLink) {
      void node.sync(link).then((isDone) => {
        asked -= 1;
        for (const each of isDone ? held : []) count(missing, each);
        if (missing.size === 0) resolve();
        else if (asked === 0) tooFew();
        if (asked === 0 || missing.size === 0) signal.removeEventListener('abort', tooFew);
      });
    }
  });
}

/** One more node has a stream. */
function count(missing: Map<Awaited, number>, stream: Awaited): void {
  const left = missing.get(stream);
  if (left === undefined) return;
  if (left > 1) missing.set(stream, left - 1);
  else missing.delete(stream);
}
