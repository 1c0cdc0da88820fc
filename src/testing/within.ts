// Waiting in tests without sleeping: until something settles or holds, at most so long.
import { clearTimeout, setImmediate, setTimeout } from 'node:timers';

/**
 * What a promise resolves to, or the value of a condition once it is not false, null or undefined. A condition is
 * asked once a turn of the event loop. Real time: fake timers do not stop it.
 *
 * @throws Error when neither happens within `ms` milliseconds
 *
 * @example
 * ```ts
 * await within(1000, bus.flush());
 * await within(1000, () => bus.stats.eventsPending === 0);
 * ```
 */
export async function within<T>(ms: number, awaited: PromiseLike<T> | (() => T)): Promise<NonNullable<T> | T> {
  if (typeof awaited === 'function') return condition(ms, awaited);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The promise did not settle within ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function condition<T>(ms: number, holds: () => T): Promise<T> {
  const start = performance.now();
  for (;;) {
    const value = holds();
    if (value !== false && value !== null && value !== undefined) return value;
    if (performance.now() - start > ms) throw new Error(`The condition did not hold within ${ms} ms: ${holds}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
