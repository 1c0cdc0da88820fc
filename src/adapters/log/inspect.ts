// Looks at every byte of a log at rest, and sets aside what is damaged when it may. Invariant: without `repair` nothing is
// changed; with it a damaged file is copied whole into the folder `aside` before it is cut, so that nothing is deleted.
import { resolve } from 'node:path';
import type { InspectOptions, StoreFault } from '../../adapter/store-fault.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { boundedFiles } from './bounded-files.ts';
import { listShardFolders, readFormat, shardFolder } from './directory.ts';
import { entrySalt } from './entry.ts';
import { type FileSystem, replaceFile, unlinkIfThere } from './file-system.ts';
import { HandlePool } from './handle-pool.ts';
import { missingBack, missingFront } from './missing-files.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { Segment } from './segment.ts';
import { indexPath, readSummary } from './segment-index.ts';
import { scanSegment } from './segment-scan.ts';
import { ShardHistory, segmentName, segmentStarts } from './shard-history.ts';
import { loadShard } from './shard-loader.ts';
import { readState } from './shard-state.ts';
import { storageError } from './storage-error.ts';
import { takeWriterLock } from './writer-lock.ts';

const MOST_OPEN_FILES = 16;
const TOLD = 'nothing: readers are told of a loss';
const COPY_BYTES = 16 * 1024 * 1024;

/** What is wrong with the files of a log; a folder without a log has no faults. @throws AdapterError for a foreign folder */
export async function inspectLog(folder: string, options: InspectOptions): Promise<readonly StoreFault[]> {
  const path = resolve(folder);
  const files = boundedFiles(nodeFileSystem, MOST_OPEN_FILES);
  const storeId = await readFormat(files, path);
  if (storeId === undefined) return [];
  const held = options.repair ? await takeWriterLock(path) : undefined;
  const pool = new HandlePool({ files, most: MOST_OPEN_FILES / 2, beforeClose: async () => undefined });
  try {
    const faults: StoreFault[] = [];
    for (const shard of await listShardFolders(files, path)) {
      const place = { files, pool, folder: path, shard, salt: entrySalt(storeId, shard) };
      faults.push(...(await inspectShard(place, options)));
    }
    return faults;
  } finally {
    await pool.closeAll();
    await held?.release();
  }
}

interface Place {
  readonly files: FileSystem;
  readonly pool: HandlePool;
  readonly folder: string;
  readonly shard: number;
  readonly salt: number;
}

async function inspectShard(place: Place, options: InspectOptions): Promise<StoreFault[]> {
  const { files, folder, pool, shard } = place;
  const faults: StoreFault[] = [];
  try {
    const state = await readState(files, `${shardFolder(folder, shard)}/state.json`);
    const starts = segmentStarts(await files.list(shardFolder(folder, shard))).filter(
      (each) => each >= state.trimmedTo,
    );
    for (const [nth, first] of starts.entries()) {
      options.signal.throwIfAborted();
      faults.push(...(await inspectSegment(place, options, { first, next: starts[nth + 1] })));
    }
    const history = new ShardHistory(shard, shardFolder(folder, shard), place.salt);
    await loadShard({ files, pool, report: () => undefined }, history);
    const remedy = 'restore the file from a copy before anything is written; else go on without it';
    for (const what of missingFront(history)) faults.push({ weight: 'note', what, remedy: TOLD });
    for (const what of await missingBack(files, history)) faults.push({ weight: 'fault', what, remedy });
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    faults.push({ weight: 'fault', what: error.message, remedy: 'restore the file from a copy of the log' });
  }
  return faults;
}

async function inspectSegment(
  place: Place,
  { repair }: InspectOptions,
  { first, next }: { readonly first: number; readonly next: number | undefined },
): Promise<StoreFault[]> {
  const { files, folder, pool, salt, shard } = place;
  const path = `${shardFolder(folder, shard)}/${segmentName(first)}`;
  const segment = new Segment(path, first);
  let what: string | undefined;
  let indexedBytes = 0;
  try {
    what = await pool.with(path, 'read', async (file) => {
      const size = await file.size();
      return scanSegment(file, segment, { shard, salt, size, verify: true });
    });
    indexedBytes = (await readSummary(files, path, salt))?.bytes ?? 0;
  } catch (error) {
    throw storageError('Reading', path, error);
  }
  const where = `${JSON.stringify(path)} at offset ${segment.bytes}`;
  if (what !== undefined && next === undefined && segment.bytes >= indexedBytes) {
    const note = `${where}: ${what}; a crash leaves such bytes behind what the last flush covered`;
    return [{ weight: 'note', what: note, remedy: 'nothing: the next writer cuts them off' }];
  }
  if (what !== undefined || (next === undefined && segment.bytes < indexedBytes)) {
    const remedy = repair
      ? await setAside(place, segment)
      : 'restore the file from a copy, or run doctor with --repair';
    return [{ weight: 'fault', what: `${where}: ${what ?? 'the file was cut there'}`, remedy }];
  }
  if (next === undefined || segment.end === next) return [];
  const missing = `the events ${segment.end} to ${next - 1} of shard ${shard} are missing behind ${where}`;
  return [{ weight: 'note', what: missing, remedy: TOLD }];
}

/** Keeps a whole copy, and cuts the file before what is damaged. */
async function setAside({ files, folder, pool, shard }: Place, segment: Segment): Promise<string> {
  const aside = `${folder}/aside`;
  const copy = `${aside}/shard-${shard}-${segmentName(segment.first)}`;
  try {
    await files.makeFolder(aside);
    await files.syncFolder(folder);
    await copyFile({ files, pool }, segment.path, copy);
    await unlinkIfThere(files, indexPath(segment.path));
    await pool.with(segment.path, 'write', async (file) => {
      await file.truncate(segment.bytes);
      await file.sync();
    });
  } catch (error) {
    throw storageError('Setting aside', segment.path, error);
  }
  return `nothing: the file was copied to ${JSON.stringify(copy)} and cut before the damage; readers are told of a loss`;
}

async function copyFile({ files, pool }: Pick<Place, 'files' | 'pool'>, from: string, to: string): Promise<void> {
  await replaceFile(files, to, new Uint8Array(0), { durable: true });
  const target = await files.open(to, 'write');
  try {
    await pool.with(from, 'read', async (source) => {
      const block = Buffer.allocUnsafe(COPY_BYTES);
      for (let at = 0, read = 0; ; at += read) {
        read = await source.read(block, COPY_BYTES, at);
        if (read === 0) break;
        for (let done = 0; done < read; ) done += await target.write([block.subarray(done, read)], at + done);
      }
    });
    await target.sync();
  } finally {
    await target.close();
  }
}
