// Brings what a reader knows of a shard up to what its writer has left there since. Invariant: only whole entries whose
// bytes are right become visible; half an entry at the end is the writer's business, and no error.
import type { LogContext } from './log-context.ts';
import type { Segment } from './segment.ts';
import { type ShardHistory, segmentStarts } from './shard-history.ts';
import { closeSegment, listFolder, loadClosed, loadLast, loadShard, scanTail } from './shard-loader.ts';
import { readState } from './shard-state.ts';

/** Updates a history in place, or returns the one to take its place where files are not as they were. */
export async function refreshShard(
  context: LogContext,
  history: ShardHistory,
  renew: () => ShardHistory,
): Promise<ShardHistory> {
  const names = await listFolder(context, history.folder);
  // Read after the names: retention writes the state before it removes files.
  const state = await readState(context.files, history.statePath);
  const starts = segmentStarts(names).filter((first) => first >= state.trimmedTo);
  const kept = history.segments.filter((each) => starts.includes(each.first));
  const goesOn = kept.every((each, nth) => each.first === starts[nth]);
  if (!goesOn || (kept.length === 0 && history.segments.length > 0 && state.trimmedTo < history.end)) {
    return reload(context, history, renew);
  }
  await forget(context, history, kept);
  history.state = state;
  await addSegments(context, history, starts);
  return history;
}

async function reload(context: LogContext, history: ShardHistory, renew: () => ShardHistory): Promise<ShardHistory> {
  await forget(context, history, []);
  const fresh = renew();
  await loadShard(context, fresh);
  return fresh;
}

/** A file that is gone but open keeps its space. */
async function forget(context: LogContext, history: ShardHistory, kept: Segment[]): Promise<void> {
  const gone = history.segments.filter((each) => !kept.includes(each));
  if (gone.length === 0) return;
  history.segments = kept;
  for (const { path } of gone) await context.pool.drop(path);
}

async function addSegments(context: LogContext, history: ShardHistory, starts: readonly number[]): Promise<void> {
  for (let nth = history.segments.length; nth < starts.length; nth += 1) {
    const first = starts[nth] as number;
    const next = starts[nth + 1];
    const last = history.segments.at(-1);
    if (last !== undefined) await closeSegment(context, history, last, first);
    history.segments.push(
      next === undefined
        ? (await loadLast(context, history, first)).segment
        : await loadClosed(context, history, first, next),
    );
  }
  const last = history.segments.at(-1);
  if (last !== undefined) await scanTail(context, history, last);
}
