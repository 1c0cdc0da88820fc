// Files at the two ends of a shard that somebody removed, as far as the others tell. Invariant: nothing is told of what
// retention took. A file between two others shows by their names alone; the newest one only by its index, left behind.
import type { FileSystem } from './file-system.ts';
import { indexPath, readSummary } from './segment-index.ts';
import { type ShardHistory, segmentName, segmentStarts } from './shard-history.ts';
import { storageError } from './storage-error.ts';

/** What is missing in front of the oldest file of a loaded history, as a sentence; none when nothing is. */
export function missingFront({ folder, segments, shard, trimmedTo }: ShardHistory): readonly string[] {
  const oldest = segments[0]?.first ?? trimmedTo;
  if (oldest <= trimmedTo) return [];
  const where = JSON.stringify(`${folder}/${segmentName(oldest)}`);
  return [`The events ${trimmedTo} to ${oldest - 1} of shard ${shard} are missing before ${where}`];
}

/** What is missing behind the newest file of a loaded history, a sentence each. @throws AdapterError */
export async function missingBack(files: FileSystem, history: ShardHistory): Promise<readonly string[]> {
  const { folder, salt, shard } = history;
  const told: string[] = [];
  try {
    const names = await files.list(folder);
    const indexed = names.filter((name) => name.endsWith('.idx')).map((name) => name.replace(/\.idx$/, '.seg'));
    for (const first of segmentStarts(indexed.filter((name) => !names.includes(name)))) {
      if (first < history.end) continue;
      const path = `${folder}/${segmentName(first)}`;
      const held = await readSummary(files, path, salt);
      if (held === undefined || held.end <= first) continue;
      const what = `held the events ${first} to ${held.end - 1} of shard ${shard}`;
      told.push(
        `${JSON.stringify(path)} is missing: its index ${JSON.stringify(indexPath(path))} says that it ${what}`,
      );
    }
  } catch (error) {
    throw storageError('Reading', folder, error);
  }
  return told;
}
