// An embedded durable history: segment files in a folder, written by one process and read by any number.
import type { Adapter, AdapterFactory } from '../../adapter/contract.ts';
import type { FrameStore } from '../../frame-store/frame-store.ts';
import { StoreAdapter } from '../../frame-store/store-adapter.ts';
import { FRAME_STORE, type StoreSource } from '../../frame-store/store-source.ts';
import { boundedFiles } from './bounded-files.ts';
import { type LogOptions, logSettings } from './config.ts';
import { LogReader } from './log-reader.ts';
import { LogStore } from './log-store.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { takeWriterLock } from './writer-lock.ts';

export type { LogOptions } from './config.ts';

/** Small enough for a few logs in a process that may open 256. */
const MOST_OPEN_FILES = 64;

/**
 * A log in a folder for `EventBus.create`: durable, replayable, on the disk of this machine. The folder is made when it is
 * missing. One process at a time writes, which a lock sees to; any number read beside it with `readOnly`. After a crash
 * everything is there that a resolved `flush` covered. `docs/guide/log.md` tells what each `durability` can lose.
 *
 * @throws ConfigError `EBUS_CONFIG_INVALID` when the folder or an option is wrong
 *
 * @example
 * ```ts
 * const bus = await EventBus.create({ adapter: log('./data', { maxBytes: 10 * 1024 ** 3 }) });
 * bus.ingest({ hello: 'log' });
 * await bus.flush(); // on disk
 * await bus.shutdown();
 * ```
 */
export function log(folder: string | URL, options: LogOptions = {}): AdapterFactory {
  const settings = logSettings(folder, options);
  const make = (): FrameStore => {
    const files = boundedFiles(nodeFileSystem, MOST_OPEN_FILES);
    if (settings.readOnly) return new LogReader(settings.folder, files);
    return new LogStore(settings, { files, lock: takeWriterLock });
  };
  const source: StoreSource = { name: 'log', durable: true, make };
  const create = (): Adapter => new StoreAdapter(make(), { ...source, releasesBatches: true });
  return Object.freeze({ kind: 'log', create, [FRAME_STORE]: settings.readOnly ? undefined : source });
}
