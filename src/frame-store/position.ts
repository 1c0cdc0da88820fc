// Positions of frame stores as text: how many events of the shard existed before the one to read next, in decimal, and
// behind a hyphen the tag of the history there, where the store has one. Invariant: one place has one text, so that
// equal positions are equal strings.
import { PositionError } from '../errors/position-error.ts';
import type { FrameStore } from './frame-store.ts';

const POSITION = /^([1-9]\d{0,15})(?:-([0-9a-z]{1,12}))?$/;

/** The position right before the event with this index; undefined is the start of the shard. */
export function positionAt(index: number, tag?: string): string | undefined {
  if (index === 0) return undefined;
  return tag === undefined ? String(index) : `${index}-${tag}`;
}

/**
 * The index of the event that follows a position.
 * @throws PositionError when it is no position, or lies where this store has never been.
 */
export function indexAfter(store: FrameStore, shard: number, position: string | undefined): number {
  if (position === undefined) return 0;
  const parts = typeof position === 'string' ? POSITION.exec(position) : null;
  const index = Number(parts?.[1]);
  if (!Number.isSafeInteger(index)) {
    throw new PositionError('The position is damaged or another store made it: it is no position of this kind.');
  }
  const end = store.extent(shard)?.end ?? 0;
  if (index > end) {
    throw new PositionError(
      `The position ${index} lies behind the end of the shard (${end}): another store made it, or the newest events are gone.`,
    );
  }
  const tag = store.tagAt?.(shard, index);
  const known = tag !== undefined || store.tagAt === undefined;
  if (known && parts?.[2] !== tag) {
    throw new PositionError(`The position ${index} belongs to events that this store has lost, or to another store.`);
  }
  return index;
}
