// Says once that a store takes nothing for a while: a bus in Block mode waits without a word, which on a command line
// looks like a hang. Invariant: it only looks, and keeps no process alive.
import type { EventBus } from '../../bus/event-bus.ts';
import type { Notices } from '../notices.ts';

const EVERY_MS = 1000;
/** Looks in a row at which a shard was retrying. */
const PATIENCE = 2;

export function watchForStalls(bus: EventBus<unknown, 'block'>, url: string, notices: Notices): () => void {
  let looks = 0;
  const timer = setInterval(() => {
    const stalled = bus.stats.shards.some(({ state }) => state !== 'active');
    looks = stalled ? looks + 1 : 0;
    if (looks !== PATIENCE) return;
    notices.say(`meshbus: ${url} takes no events for now; waiting until it does (Ctrl-C stops)`);
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
