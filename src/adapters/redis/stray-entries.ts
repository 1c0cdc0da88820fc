// Tells entries that count from strays. A server that was killed in the middle of writing a batch to its append-only file
// leaves the batch out at its next start, but may bring a part of it back at the start after that one. Invariant: a stray
// has an index that a later entry has, too, or lies behind the end of the shard; no other entry does.
import { AT_COUNT, FRAME_HEADER_BYTES } from '../../frame/layout.ts';
import type { Entry } from './entry.ts';
import { compareIds, type EntryId } from './entry-id.ts';
import { FrameRun } from './frame-run.ts';

/** What is known of what lies behind entries. */
export interface Behind {
  /** The end of the shard, read after the entries; undefined where nothing tells of it. */
  readonly end: EntryId | undefined;
  /** The index of the first event of a later millisecond; Infinity when there is none. */
  readonly first: number;
}

/** The entries that count, in their order. @throws AdapterError `Serialization` for a frame that is damaged */
export function withoutStrays(entries: readonly Entry[], behind: Behind, where: string): readonly Entry[] {
  if (!hasStrays(entries, behind)) return entries;
  const kept: Entry[] = [];
  let { first } = behind;
  for (const entry of [...entries].reverse()) {
    if (behind.end !== undefined && compareIds(entry, behind.end) > 0) continue;
    if (entry.index >= first) continue;
    // A header may lie, and would hide what is there: here the whole frame is checked.
    first = entry.index - (entry.frame === undefined ? 1 : new FrameRun(entry, where).count) + 1;
    kept.push(entry);
  }
  return kept.reverse();
}

/** The index of an entry's first event, by its frame's header. */
export function firstIndex({ frame, index }: Entry): number {
  return frame === undefined || frame.length < FRAME_HEADER_BYTES ? index : index - frame.readUInt32LE(AT_COUNT) + 1;
}

function hasStrays(entries: readonly Entry[], { end, first }: Behind): boolean {
  let before = 0;
  for (const entry of entries) {
    if (firstIndex(entry) <= before) return true;
    before = entry.index;
  }
  const last = entries.at(-1);
  return before >= first || (last !== undefined && end !== undefined && compareIds(last, end) > 0);
}
