// Says on stderr, when the process ends, how many accepted events were not delivered. One listener per process, over
// all buses that have something pending: a listener per bus would soon be too many for Node's own warning.
import { writeSync } from 'node:fs';

/** Whatever can say how many events it still holds. */
export interface Holder {
  readonly pending: number;
}

const WATCHED = Symbol.for('meshbus.pending');
const STDERR = 2;

/** Watches a bus from now on, or no longer. */
export function watchAtExit(holder: Holder, active: boolean): void {
  const watched = watchedHolders();
  if (active) watched.add(holder);
  else watched.delete(holder);
}

// On the process, not in this module: two loaded copies of the package shall print one line.
function watchedHolders(): Set<Holder> {
  const host = process as { [WATCHED]?: Set<Holder> };
  let watched = host[WATCHED];
  if (watched === undefined) {
    watched = new Set();
    Object.defineProperty(process, WATCHED, { value: watched, configurable: true });
    const holders = watched;
    process.on('exit', () => tell(holders));
  }
  return watched;
}

function tell(holders: Set<Holder>): void {
  let pending = 0;
  for (const holder of holders) pending += holder.pending;
  if (pending === 0) return;
  const line = `meshbus: the process ends with ${pending} accepted events not delivered; await bus.shutdown() first.\n`;
  try {
    writeSync(STDERR, line);
  } catch (error) {
    // A closed stderr leaves nobody to tell, and an exit handler must not change the exit code.
    if (!(error instanceof Error)) throw error;
  }
}
