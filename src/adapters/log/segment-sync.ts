// Brings segments to disk. Invariant: a sync that failed marks its segment and is never tried again: the system may have
// given the bytes up, and a second sync would say that all is well.
import { AdapterError } from '../../errors/adapter-error.ts';
import type { OpenFile } from './file-system.ts';
import type { WriterContext } from './log-context.ts';
import type { Segment } from './segment.ts';

type SyncContext = Pick<WriterContext, 'dirty' | 'failures'>;

/** Takes note of bytes that are with the system and perhaps not on disk. */
export function noteDirty(context: SyncContext, segment: Segment): void {
  context.dirty.set(segment.path, segment);
}

/** Syncs what the segment has now. Never rejects: a failure is kept for the next flush. */
export async function syncSegment(context: WriterContext, segment: Segment): Promise<void> {
  if (segment.failed || segment.syncedBytes >= segment.bytes) return;
  try {
    await context.pool.with(segment.path, 'write', (file) => syncOpen(context, segment, file));
  } catch (error) {
    fail(context, segment, error); // It could not be opened.
  }
}

/** The same over a descriptor that is open. */
export async function syncOpen(context: SyncContext, segment: Segment, file: OpenFile): Promise<void> {
  const { bytes } = segment;
  try {
    await file.sync();
  } catch (error) {
    fail(context, segment, error);
    return;
  }
  if (bytes > segment.syncedBytes) segment.syncedBytes = bytes;
  if (segment.syncedBytes === segment.bytes) context.dirty.delete(segment.path);
}

function fail(context: SyncContext, segment: Segment, cause: unknown): void {
  context.dirty.delete(segment.path);
  if (segment.failed) return;
  segment.failed = true;
  const message =
    `The disk did not take what was written to ${JSON.stringify(segment.path)}: ` +
    `of the events ${segment.first} to ${segment.end - 1} those since the last flush may be lost. New events go to a new file.`;
  context.failures.add(new AdapterError('Fatal', message, { cause }));
}
