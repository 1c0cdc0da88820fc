// Makes a shard ready to be written: cuts off what a crash left behind the last whole entry, removes what retention had
// decided on, and writes the indexes that are missing. Invariant: no whole entry is ever removed here.
import { unlinkIfThere } from './file-system.ts';
import type { LogContext } from './log-context.ts';
import { missingBack, missingFront } from './missing-files.ts';
import { failurePath, indexPath, writeIndex } from './segment-index.ts';
import { type ShardHistory, segmentName, segmentStarts } from './shard-history.ts';
import { listFolder, loadShard, type TailFault } from './shard-loader.ts';
import { storageError } from './storage-error.ts';

/** Loads a shard for its writer. */
export async function repairShard(context: LogContext, history: ShardHistory): Promise<void> {
  const fault = await loadShard(context, history);
  if (fault !== undefined) await cutTail(context, history, fault);
  try {
    await removeTrimmed(context, history);
  } catch (error) {
    throw storageError('Removing trimmed files in', history.folder, error);
  }
  await tellAndIndex(context, history);
}

async function tellAndIndex(context: LogContext, history: ShardHistory): Promise<void> {
  const { segments, shard } = history;
  for (const message of [...missingFront(history), ...(await missingBack(context.files, history))]) {
    context.report({ kind: 'log-missing', shard, message: `${message}.` });
  }
  for (const [nth, segment] of segments.entries()) {
    const next = segments[nth + 1];
    const where = `${JSON.stringify(segment.path)} at offset ${segment.bytes}`;
    if (segment.damage !== undefined) {
      const message = `The log is damaged: ${where}: ${segment.damage}. Up to event ${segment.reach} nothing can be read.`;
      context.report({ kind: 'log-damaged', shard, message });
    } else if (next !== undefined) {
      await index(context, history, segment);
      if (segment.end === next.first) continue;
      const message = `The events ${segment.end} to ${next.first - 1} are missing behind ${where}: readers are told of a loss.`;
      context.report({ kind: 'log-missing', shard, message });
    }
  }
}

async function cutTail(context: LogContext, history: ShardHistory, fault: TailFault): Promise<void> {
  const { lostEvents, segment, size, what } = fault;
  try {
    if (size > segment.bytes) {
      await context.pool.with(segment.path, 'write', async (file) => {
        await file.truncate(segment.bytes);
        await file.sync();
      });
    }
    if (lostEvents > 0) await unlinkIfThere(context.files, indexPath(segment.path));
  } catch (error) {
    throw storageError('Cutting', segment.path, error);
  }
  const lost = lostEvents > 0 ? `; ${lostEvents} stored events are lost with it` : '';
  const message =
    `${size - segment.bytes} bytes at the end of ${JSON.stringify(segment.path)} were cut off: ${what}${lost}. ` +
    'A crash leaves such bytes behind what the last flush covered.';
  context.report({ kind: 'log-cut', shard: history.shard, message });
}

async function removeTrimmed(context: LogContext, history: ShardHistory): Promise<void> {
  const names = await listFolder(context, history.folder);
  for (const first of segmentStarts(names).filter((each) => each < history.trimmedTo)) {
    const path = `${history.folder}/${segmentName(first)}`;
    for (const each of [path, indexPath(path), failurePath(path)]) await unlinkIfThere(context.files, each);
  }
  for (const name of names.filter((each) => each.endsWith('.draft'))) {
    await unlinkIfThere(context.files, `${history.folder}/${name}`);
  }
}

async function index(
  context: LogContext,
  history: ShardHistory,
  segment: ShardHistory['segments'][number],
): Promise<void> {
  if (segment.marks === undefined || segment.indexedBytes === segment.bytes) return;
  try {
    await writeIndex(context.files, segment, history.salt);
    segment.marks = undefined;
    segment.lastSequences.clear();
  } catch (cause) {
    const message = `The index of ${JSON.stringify(segment.path)} could not be written: the next opening reads more.`;
    context.report({ kind: 'log-index', shard: history.shard, message, cause });
  }
}
