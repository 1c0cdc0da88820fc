// The shards of a store, and how much each holds. Invariant: a shard is listed from its first event on, and never
// forgotten by this process; figures may be some seconds old, since every poll asks for the list.
import type { ShardInfo } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Connection } from './connection.ts';
import { readEntries } from './entry.ts';
import { stampOf } from './event-block.ts';
import { FrameRun } from './frame-run.ts';
import type { Keys } from './keys.ts';
import type { Nodes } from './nodes.ts';
import { endCommand, endOf, lastIdOf } from './shard-end.ts';

const FIGURES_FOR_MS = 10_000;
const MAX_SHARD = 65_535;

interface Listed {
  readonly info: ShardInfo;
  readonly at: number;
}

export class ShardList {
  readonly #keys: Keys;
  readonly #nodes: Nodes;
  readonly #listed = new Map<number, Listed>();
  /** What this adapter has written down itself. */
  readonly #own = new Set<number>();

  constructor(keys: Keys, nodes: Nodes) {
    this.#keys = keys;
    this.#nodes = nodes;
  }

  /** Writes down that a shard is written. @throws AdapterError */
  async register(shard: number): Promise<void> {
    this.#own.add(shard);
    const command = ['SADD', this.#keys.shards, String(shard)];
    await this.#nodes.with('write', undefined, (to) => to.send(command, { what: `Registering shard ${shard}` }));
  }

  /** Every shard that is written down, whether it has events or not. @throws AdapterError */
  async registered(): Promise<readonly number[]> {
    const options = { what: 'Listing the shards', again: true };
    const reply = await this.#nodes.with('read', undefined, (from) =>
      from.send(['SMEMBERS', this.#keys.shards], options),
    );
    const members = Array.isArray(reply) ? (reply as readonly unknown[]).map(Number) : [];
    return members.filter((shard) => Number.isInteger(shard) && shard >= 0 && shard <= MAX_SHARD);
  }

  /** Every shard with history. @throws AdapterError while none is known and the server is not to be had */
  async all(): Promise<readonly ShardInfo[]> {
    const shards = new Set(this.#listed.keys());
    try {
      for (const shard of await this.registered()) shards.add(shard);
    } catch (error) {
      // Those that are known are listed: reading them tells what is wrong, shard by shard.
      for (const shard of this.#own) shards.add(shard);
      if (shards.size === 0) throw error;
    }
    const infos = await Promise.all([...shards].map((shard) => this.#info(shard)));
    return infos.filter((info) => info !== undefined);
  }

  async #info(shard: number): Promise<ShardInfo | undefined> {
    const listed = this.#listed.get(shard);
    const now = performance.now();
    if (listed !== undefined && now - listed.at < FIGURES_FOR_MS) return listed.info;
    try {
      const info = await this.#nodes.with('read', shard, (from) => this.#read(from, shard));
      if (info !== undefined) this.#listed.set(shard, { info, at: now });
      return info ?? listed?.info;
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error;
      return listed?.info ?? { shard, sealed: false }; // Whoever reads it is told; the others are served.
    }
  }

  async #read(from: Connection, shard: number): Promise<ShardInfo | undefined> {
    const stream = this.#keys.stream(shard);
    const what = `Reading shard ${shard}`;
    const commands = [endCommand(this.#keys.end(shard)), ['XRANGE', stream, '-', '+', 'COUNT', '1']];
    const [newest, range] = await from.sendAll(commands, { what, bytes: true, again: true });
    const end = endOf(newest) ?? (await lastIdOf(from, stream));
    if (end === undefined) return undefined;
    const [oldest] = readEntries(range, what);
    const figures = { shard, sealed: false, ...(end.stampNs === 0n ? {} : { newestTimestampNs: end.stampNs }) };
    if (oldest === undefined) return { ...figures, events: 0 };
    const run = oldest.frame === undefined ? undefined : new FrameRun(oldest, what);
    const events = end.index - oldest.index + (run?.count ?? 1);
    return { ...figures, events, oldestTimestampNs: run?.firstTimestampNs ?? stampOf(oldest, what) };
  }
}
