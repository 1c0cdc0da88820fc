// The hybrid clock: nanoseconds since the Unix epoch, strictly increasing however the wall clock moves.
// The host feeds it the wall clock; `adopt` lifts it above a stamp that was read or recovered.
import { CLOCK_LAST, CLOCK_OBSERVED } from './layout';

// @ts-ignore: decorator
@inline
export function tick(): u64 {
  const stamp = max<u64>(load<u64>(CLOCK_LAST) + 1, load<u64>(CLOCK_OBSERVED));
  store<u64>(CLOCK_LAST, stamp);
  return stamp;
}

/**
 * Takes milliseconds with a fraction: a double still tells a quarter of a microsecond in this century. The fraction by
 * itself, since the product of the whole is rounded: an event at a full millisecond would lie in the one before.
 */
export function observe(wallMs: f64): void {
  const whole = Math.floor(wallMs);
  const wall = <u64>whole * 1000000 + <u64>((wallMs - whole) * 1e6);
  if (wall > load<u64>(CLOCK_OBSERVED)) store<u64>(CLOCK_OBSERVED, wall);
}

export function adopt(stamp: u64): void {
  if (stamp > load<u64>(CLOCK_LAST)) store<u64>(CLOCK_LAST, stamp);
}
