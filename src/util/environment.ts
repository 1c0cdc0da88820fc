// Clock, timers and chance: the only door through which the bus reaches them, so that a test can hold them still.
// The real ones are taken when the package is loaded: a test that fakes timers later does not stop a bus.
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers';

/** A pending call. */
export interface Timer {
  /** Takes the call back; harmless when it has happened. */
  cancel(): void;
}

/** What the bus takes from outside; replaceable through `EventBus.create(options, { environment })`. */
export interface Environment {
  /** Wall clock, milliseconds since the Unix epoch with a fraction. May step back. */
  wallMs(): number;
  /** Milliseconds of a clock that never steps back; its zero means nothing. */
  monotonicMs(): number;
  /** A number from 0 up to 1, as Math.random. */
  random(): number;
  /** Calls once, after `delayMs`. Keeps the process alive unless `background` is true. */
  after(delayMs: number, call: () => void, background?: boolean): Timer;
  /** Calls once, in the next turn of the event loop. */
  soon(call: () => void): Timer;
}

const LONGEST_DELAY_MS = 2_147_483_647;
const REANCHOR_MS = 1000;
const dateNow = Date.now;
const performanceNow = performance.now.bind(performance);
const mathRandom = Math.random;

/** The environment of the process. */
export function systemEnvironment(): Environment {
  const wallMs = wallClock();
  return {
    wallMs,
    monotonicMs: performanceNow,
    random: mathRandom,
    after(delayMs, call, background = false) {
      const timer = setTimeout(call, Math.min(delayMs, LONGEST_DELAY_MS));
      if (background) timer.unref();
      return { cancel: () => clearTimeout(timer) };
    },
    soon(call) {
      const immediate = setImmediate(call);
      return { cancel: () => clearImmediate(immediate) };
    },
  };
}

/** `Date.now` tells whole milliseconds; the monotonic clock gives the fraction, and is set right once a second. */
function wallClock(): () => number {
  let anchoredAt = performanceNow();
  let offset = dateNow() - anchoredAt;
  return () => {
    const now = performanceNow();
    if (now - anchoredAt > REANCHOR_MS) {
      anchoredAt = now;
      const drift = dateNow() - now - offset;
      if (drift < -1 || drift > 1) offset += drift;
    }
    return now + offset;
  };
}

/** Milliseconds with a fraction as nanoseconds: the fraction by itself, since the product of the whole is rounded. */
export function nanosecondsOf(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.floor((milliseconds - whole) * 1e6));
}
