// What a shard must remember although no segment tells it any more: that it is sealed, and what retention took.
// Invariant: the file is replaced whole and synced before anything relies on it.

import { type FileSystem, readWhole, replaceFile } from './file-system.ts';
import { damageError, storageError } from './storage-error.ts';

export interface ShardState {
  readonly sealed: boolean;
  readonly trimmedTo: number;
  /** The newest stamp among the trimmed events, nanoseconds since the Unix epoch. */
  readonly trimmedStampNs: bigint;
  /** The tag of the last trimmed event; 0 when none was. */
  readonly trimmedTag: number;
  /** The last sequences of the producers that wrote to the shard last, the oldest first. */
  readonly lastSequences: readonly (readonly [string, number])[];
}

export const FIRST_STATE: ShardState = Object.freeze({
  sealed: false,
  trimmedTo: 0,
  trimmedStampNs: 0n,
  trimmedTag: 0,
  lastSequences: [],
});

const MOST_BYTES = 64 * 1024 * 1024;

/** @throws AdapterError Serialization when it is damaged: then nobody knows whether the shard is sealed */
export async function readState(files: FileSystem, path: string): Promise<ShardState> {
  let bytes: Buffer | undefined;
  try {
    bytes = await readWhole(files, path, MOST_BYTES);
  } catch (error) {
    throw storageError('Reading', path, error);
  }
  if (bytes === undefined) return FIRST_STATE;
  const state = parse(bytes.toString());
  if (state === undefined) throw damageError(path, 0, 'this is no state of a shard');
  return state;
}

export async function writeState(files: FileSystem, path: string, state: ShardState): Promise<void> {
  const text = JSON.stringify({ version: 1, ...state, trimmedStampNs: String(state.trimmedStampNs) });
  try {
    await replaceFile(files, path, Buffer.from(`${text}\n`), { durable: true });
  } catch (error) {
    throw storageError('Writing', path, error);
  }
}

function parse(text: string): ShardState | undefined {
  try {
    const { sealed, trimmedTo, trimmedStampNs, trimmedTag, lastSequences } = JSON.parse(text);
    const isState = typeof sealed === 'boolean' && Number.isSafeInteger(trimmedTo) && Array.isArray(lastSequences);
    if (!isState || !Number.isSafeInteger(trimmedTag)) return undefined;
    return { sealed, trimmedTo, trimmedStampNs: BigInt(trimmedStampNs), trimmedTag, lastSequences };
  } catch {
    return undefined; // The caller says so, with the path.
  }
}
