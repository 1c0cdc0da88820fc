// An embedded durable history: segment files in a folder, written by one process and read by any number.
import type { Adapter, AdapterFactory } from '../../adapter/contract.ts';
import { StoreAdapter } from '../../frame-store/store-adapter.ts';
import { type LogOptions, logSettings } from './config.ts';
import { LogStore } from './log-store.ts';
import { nodeFileSystem } from './node-file-system.ts';
import { takeWriterLock } from './writer-lock.ts';

export type { LogOptions } from './config.ts';

export function log(folder: string | URL, options: LogOptions = {}): AdapterFactory {
  const settings = logSettings(folder, options);
  return Object.freeze({
    kind: 'log',
    create: (): Adapter => {
      const store = new LogStore(settings, { files: nodeFileSystem, lock: takeWriterLock });
      return new StoreAdapter(store, { name: 'log', durable: true });
    },
  });
}
