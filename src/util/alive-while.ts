// Keeps the process alive for work whose sockets and timers do not.
// Invariant: nothing of it is left when the work has settled.
import { clearInterval, setInterval } from 'node:timers';

/** The longest delay that a timer of the platform takes. */
const LONGEST_MS = 2_147_483_647;

/** Runs the work; the process does not end before it has settled. */
export async function aliveWhile<T>(work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, LONGEST_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
