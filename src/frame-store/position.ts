// Positions of frame stores as text: how many events of the shard existed before the one to read next, in decimal.
// Invariant: one index has one text, so that equal positions are equal strings.
import { PositionError } from '../errors/position-error.ts';

const POSITION = /^[1-9]\d{0,15}$/;

/** The position right before the event with this index; undefined is the start of the shard. */
export function positionAt(index: number): string | undefined {
  return index === 0 ? undefined : String(index);
}

/**
 * The index of the event that follows a position.
 * @throws PositionError when it is no position, or lies behind `end`, where the shard has never been.
 */
export function indexAfter(position: string | undefined, end: number): number {
  if (position === undefined) return 0;
  const index = typeof position === 'string' && POSITION.test(position) ? Number(position) : Number.NaN;
  if (!Number.isSafeInteger(index)) {
    throw new PositionError('The position is damaged or another store made it: it is no decimal number from 1 on.');
  }
  if (index > end) {
    throw new PositionError(`The position ${index} lies behind the end of the shard (${end}): another store made it.`);
  }
  return index;
}
