// Finds out what a shard's folder holds. Invariant: it changes nothing; what a crash left behind the last whole entry is
// told, and the writer cuts it off (shard-repair.ts) while a reader waits for the rest of it.
import { readWhole } from './file-system.ts';
import type { LogContext } from './log-context.ts';
import { Segment } from './segment.ts';
import { failurePath, readMarks, readSummary } from './segment-index.ts';
import { scanSegment } from './segment-scan.ts';
import { type ShardHistory, segmentName, segmentStarts } from './shard-history.ts';
import { readState } from './shard-state.ts';
import { storageError } from './storage-error.ts';

/** What lies behind the last whole entry of a shard. */
export interface TailFault {
  readonly segment: Segment;
  readonly size: number;
  readonly what: string;
  /** Events that the index had promised. */
  readonly lostEvents: number;
}

/** Fills an empty history from its folder. */
export async function loadShard(context: LogContext, history: ShardHistory): Promise<TailFault | undefined> {
  const names = await listFolder(context, history.folder);
  // Read after the names: retention writes the state before it removes files.
  history.state = await readState(context.files, history.statePath);
  for (const [producer, sequence] of history.state.lastSequences) history.noteSequence(producer, sequence);
  const starts = segmentStarts(names).filter((first) => first >= history.trimmedTo);
  for (let nth = 0; nth + 1 < starts.length; nth += 1) {
    const segment = await loadClosed(context, history, starts[nth] as number, starts[nth + 1] as number);
    addSegment(history, segment);
  }
  const last = starts.at(-1);
  if (last === undefined) return undefined;
  const { segment, fault } = await loadLast(context, history, last);
  addSegment(history, segment);
  return fault;
}

/** The names in the folder of a shard. */
export async function listFolder(context: LogContext, folder: string): Promise<readonly string[]> {
  try {
    return await context.files.list(folder);
  } catch (error) {
    throw storageError('Listing', folder, error);
  }
}

/** Takes note of what a file has gained; returns what is wrong behind the last whole entry, if there is anything. */
export async function scanTail(
  context: LogContext,
  history: ShardHistory,
  segment: Segment,
): Promise<Omit<TailFault, 'lostEvents'> | undefined> {
  const { salt, shard } = history;
  try {
    return await context.pool.with(segment.path, 'read', async (file) => {
      const size = await file.size();
      if (size <= segment.bytes) return undefined;
      const what = await scanSegment(file, segment, { shard, salt, size, verify: true });
      return what === undefined ? undefined : { segment, size, what };
    });
  } catch (error) {
    throw storageError('Reading', segment.path, error);
  }
}

/** Reads on in a segment that another one follows, and marks it as damaged when it does not reach that one. */
export async function closeSegment(
  context: LogContext,
  history: ShardHistory,
  segment: Segment,
  next: number,
): Promise<void> {
  if (segment.end === next) return;
  const { salt, shard } = history;
  let what: string | undefined;
  try {
    what = await context.pool.with(segment.path, 'read', async (file) => {
      const size = await file.size();
      return scanSegment(file, segment, { shard, salt, size, verify: false });
    });
  } catch (error) {
    what = `it can't be read: ${storageError('Reading', segment.path, error).message}`;
  }
  // A file that ends with a whole entry is right, and a flush has told of a failed sync: what is missing is a loss.
  if (segment.end >= next || what === undefined || (await hasFailed(context, segment))) return;
  segment.damage = what;
  segment.damagedTo = next;
}

async function hasFailed({ files }: LogContext, segment: Segment): Promise<boolean> {
  try {
    return (await readWhole(files, failurePath(segment.path), 0)) !== undefined;
  } catch {
    return false; // Then the damage is told.
  }
}

/** The segment of a file that another one follows. */
export async function loadClosed(
  context: LogContext,
  history: ShardHistory,
  first: number,
  next: number,
): Promise<Segment> {
  const path = `${history.folder}/${segmentName(first)}`;
  const segment = (await summaryOf(context, history, path, first)) ?? new Segment(path, first);
  // A segment that was closed for the next one is on disk; what the index does not tell is read again.
  if (segment.end !== next && segment.marks === undefined) segment.marks = await readMarks(context.files, path);
  await closeSegment(context, history, segment, next);
  segment.syncedBytes = segment.bytes;
  return segment;
}

/** The segment of the last file, and what is wrong behind its last whole entry. */
export async function loadLast(
  context: LogContext,
  history: ShardHistory,
  first: number,
): Promise<{ segment: Segment; fault: TailFault | undefined }> {
  const path = `${history.folder}/${segmentName(first)}`;
  const indexed = await summaryOf(context, history, path, first);
  let segment = indexed ?? new Segment(path, first);
  if (segment.marks === undefined) segment.marks = await readMarks(context.files, path);
  const size = await sizeOf(context, path);
  if (segment.marks === undefined || size < segment.bytes) segment = new Segment(path, first);
  const fault = await scanTail(context, history, segment);
  const lostEvents = Math.max(0, (indexed?.end ?? 0) - segment.end);
  if (fault !== undefined) return { segment, fault: { ...fault, lostEvents } };
  return { segment, fault: lostEvents > 0 ? { segment, size, what: 'the file was cut', lostEvents } : undefined };
}

async function summaryOf(
  { files }: LogContext,
  history: ShardHistory,
  path: string,
  first: number,
): Promise<Segment | undefined> {
  try {
    const segment = await readSummary(files, path, history.salt);
    return segment?.first === first ? segment : undefined;
  } catch {
    return undefined; // Only a help: the entries tell the same, and an unreadable folder shows there.
  }
}

async function sizeOf(context: LogContext, path: string): Promise<number> {
  try {
    return await context.pool.with(path, 'read', (file) => file.size());
  } catch (error) {
    throw storageError('Reading', path, error);
  }
}

function addSegment(history: ShardHistory, segment: Segment): void {
  history.segments.push(segment);
  for (const [producer, sequence] of segment.lastSequences) history.noteSequence(producer, sequence);
}
