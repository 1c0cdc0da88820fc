// Which shards a bus writes: at its start, and when shards are added. Pure.
// Invariants: an id that is sealed in the store is never chosen, nor one that this bus has written under before.
import type { ShardInfo } from '../adapter/contract.ts';
import { AdapterError } from '../errors/adapter-error.ts';

/** A frame has 16 bits for it. */
export const MAX_SHARD = 65_535;

/**
 * The lowest unsealed shards of the store that were not `given` before, and then ids that nobody has ever seen;
 * ascending. @throws AdapterError Fatal when the store names what is no shard, or when no id is left
 */
export function chooseShards(
  count: number,
  known: readonly ShardInfo[],
  given: ReadonlySet<number> = new Set(),
): number[] {
  const taken = new Set(known.map((info) => info.shard));
  const wrong = [...taken].find((shard) => !Number.isInteger(shard) || shard < 0 || shard > MAX_SHARD);
  if (wrong !== undefined) {
    throw new AdapterError('Fatal', `the store names shard ${wrong}: ids go from 0 to ${MAX_SHARD}`);
  }
  const sealed = new Set(known.filter((info) => info.sealed).map((info) => info.shard));
  const open = [...taken].filter((shard) => !sealed.has(shard) && !given.has(shard));
  const chosen = open.sort((a, b) => a - b).slice(0, count);
  for (let shard = 0; chosen.length < count; shard += 1) {
    if (shard > MAX_SHARD) throw new AdapterError('Fatal', `the store has fewer than ${count} shard ids left`);
    if (!taken.has(shard) && !given.has(shard)) chosen.push(shard);
  }
  return chosen.sort((a, b) => a - b); // the same set in the same order keeps every key where it was
}
