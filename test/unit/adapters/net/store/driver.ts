// What the tests of this folder share: streams over a real memory or log, and folders that are gone after each test file.
// Invariant: what a test opened is closed behind it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import type { AdapterFactory, Batch, ShardPage, ShardQuery } from '../../../../../src/adapter/contract.ts';
import { CoverPatience } from '../../../../../src/adapters/net/store/cover-patience.ts';
import { MeshReader } from '../../../../../src/adapters/net/store/mesh-reader.ts';
import { StreamStore } from '../../../../../src/adapters/net/store/stream-store.ts';
import type { FrameSlice, FrameStore } from '../../../../../src/frame-store/frame-store.ts';
import { storeSourceOf } from '../../../../../src/frame-store/store-source.ts';

export const { signal } = new AbortController();
/** The stamp of the first event of a maker, whole milliseconds. */
export const FIRST_MS = 1_700_000_000_000;

let root: string | undefined;
let folders = 0;
const opened = new Set<StreamStore>();

afterEach(async () => {
  for (const store of opened) await store.close(signal);
  opened.clear();
});
afterAll(() => {
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
});

/** A path at which there is nothing yet. */
export function freshFolder(): string {
  root ??= mkdtempSync(join(tmpdir(), 'meshbus-streams-'));
  folders += 1;
  return join(root, `store-${folders}`);
}

/** The store of a factory, of `memory()` always the same one. */
export function framesOf(factory: AdapterFactory): FrameStore {
  const source = storeSourceOf(factory);
  if (source === undefined) throw new Error('The factory has no store of frames.');
  return source.make();
}

/** A store whose calls go to a real one, but for these. */
export function around(frames: FrameStore, own: Partial<FrameStore>): FrameStore {
  return new Proxy(frames, {
    get: (target, name) => {
      const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Opens the streams of a store, which the end of the test closes unless the test did. */
export async function open(frames: FrameStore, producer = 'opening 1'): Promise<StreamStore> {
  const store = new StreamStore(frames);
  await store.open({ producer, now: () => BigInt(FIRST_MS) * 1_000_000n, report: () => undefined });
  opened.add(store);
  return store;
}

/** Closes what is open and opens the same store again. */
export async function reopen(store: StreamStore, frames = store.frames, producer = 'opening 2'): Promise<StreamStore> {
  opened.delete(store);
  await store.close(signal);
  return open(frames, producer);
}

/** Stores batches of this node, each behind what is stored of its producer. */
export async function put(store: StreamStore, ...batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) await store.append(batch, { signal });
}

/** `count` short payloads that differ. */
export function numbered(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, nth) => `e${from + nth}`);
}

/** The first slice of a shard at or after an index. @throws Error when there is none */
export async function sliceOf(frames: FrameStore, shard = 0, index = 0): Promise<FrameSlice> {
  const slice = await frames.read(shard, index, signal);
  if (slice === undefined) throw new Error(`Shard ${shard} has nothing at ${index}.`);
  return slice;
}

export function readerOf(store: StreamStore, { foldAbove = 8 } = {}): MeshReader {
  const patience = new CoverPatience({ monotonicMs: () => 0, wallMs: () => FIRST_MS, patienceMs: 1 });
  return new MeshReader(store, { foldAbove, patience });
}

export function read(reader: MeshReader, asked: Partial<ShardQuery> = {}, shard = 0): Promise<ShardPage> {
  return reader.page(shard, { after: undefined, limit: 100_000, maxBytes: 2 ** 30, signal, ...asked });
}

export function texts({ records }: Pick<ShardPage, 'records'>): string[] {
  return Array.from(records, ({ bytes }) => Buffer.from(bytes).toString());
}
