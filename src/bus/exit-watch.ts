// Says on stderr, when the process ends, how many accepted events were not delivered. One listener per process, over
// all buses that have something pending: a listener per bus would soon be too many for Node's own warning.
import { writeSync } from 'node:fs';

/** Whatever can say how many events it still holds. */
export interface Holder {
  readonly pending: number;
}

interface Watch {
  readonly holders: Set<Holder>;
  /** The line has been written: no turn of the event loop comes any more. */
  told: boolean;
}

const WATCH = Symbol.for('meshbus.pending');
const STDERR = 2;

/**
 * Makes sure that the process is watched: before the first event, since a listener that is added while the process
 * ends is not called.
 */
export function watchProcess(): void {
  theWatch();
}

/** Counts a bus at the end of the process from now on, or no longer. */
export function watchAtExit(holder: Holder, active: boolean): void {
  const watch = theWatch();
  if (!active) {
    watch.holders.delete(holder);
    return;
  }
  watch.holders.add(holder);
  // Accepted by an exit listener that came after ours: nobody else would say so.
  if (watch.told) tell([holder]);
}

// On the process, not in this module: two loaded copies of the package shall print one line.
function theWatch(): Watch {
  const host = process as { [WATCH]?: Watch };
  let watch = host[WATCH];
  if (watch === undefined) {
    const made: Watch = { holders: new Set(), told: false };
    Object.defineProperty(process, WATCH, { value: made, configurable: true });
    process.on('exit', () => {
      made.told = true;
      tell(made.holders);
    });
    watch = made;
  }
  return watch;
}

function tell(holders: Iterable<Holder>): void {
  let pending = 0;
  for (const holder of holders) pending += holder.pending;
  if (pending === 0) return;
  const events = pending === 1 ? '1 accepted event' : `${pending} accepted events`;
  const line = `meshbus: the process ends with ${events} not delivered; await bus.shutdown() first.\n`;
  try {
    writeSync(STDERR, line);
  } catch (error) {
    // A closed stderr leaves nobody to tell, and an exit handler must not change the exit code.
    if (!(error instanceof Error)) throw error;
  }
}
