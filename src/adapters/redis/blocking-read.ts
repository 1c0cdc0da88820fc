// Waits on a connection of its own until shards reach further, by blocking reads of their ends. Invariant: whatever was
// written after the first round is told of; a round that failed is followed by one that tells of every shard.
import { setTimeout } from 'node:timers';
import type { Reply } from './client.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import type { Nodes } from './nodes.ts';
import { endCommand, endOf } from './shard-end.ts';

/** How long the server waits before it answers that nothing came. */
const BLOCK_MS = 1000;
/** A pause after a failure. */
const PAUSE_MS = 250;

export interface BlockingReadOptions {
  /** Names the connection. */
  readonly name: string;
  readonly keys: Keys;
  readonly nodes: Nodes;
  /** The shards to wait for, asked at each round. */
  readonly shards: () => readonly number[];
  /** Called with the id of the new end; undefined when something may have come. */
  readonly told: (shard: number, end: string | undefined) => void;
  /** Whether to go on. */
  readonly wanted: () => boolean;
}

export class BlockingRead {
  readonly #options: BlockingReadOptions;
  /** By shard: the end that was told of. */
  readonly #ends = new Map<number, string>();

  constructor(options: BlockingReadOptions) {
    this.#options = options;
  }

  /** Goes on for as long as it is wanted. Never rejects. */
  async run(): Promise<void> {
    while (this.#options.wanted()) {
      try {
        await this.#round();
      } catch {
        // The server is not to be had now: reads of a poll tell why. What came meanwhile is told of afterwards.
        this.#ends.clear();
        await pause(PAUSE_MS);
      }
    }
  }

  async #round(): Promise<void> {
    const { keys, name, nodes } = this.#options;
    const shards = this.#options.shards();
    if (shards.length === 0) return pause(PAUSE_MS);
    const connection = await nodes.connection(`wait:${name}`, shards[0]);
    await this.#begin(
      connection,
      shards.filter((shard) => !this.#ends.has(shard)),
    );
    const streams = shards.map((shard) => keys.end(shard));
    const ids = shards.map((shard) => this.#ends.get(shard) as string);
    const command = ['XREAD', 'BLOCK', String(BLOCK_MS), 'STREAMS', ...streams, ...ids];
    const reply = await connection.send(command, { what: 'Waiting for events', waitsMs: BLOCK_MS });
    if (!Array.isArray(reply)) return;
    const byStream = new Map(shards.map((shard, nth) => [streams[nth], shard]));
    for (const [stream, entries] of reply as readonly (readonly [string, Reply])[]) {
      const shard = byStream.get(stream);
      const end = endOf(Array.isArray(entries) ? ((entries as readonly Reply[]).slice(-1) as Reply) : null);
      if (shard !== undefined && end !== undefined) this.#tell(shard, `${end.ms}-${end.index}`);
    }
  }

  /** Where the shards end now; what was written until here may not have been told of. */
  async #begin(connection: Connection, shards: readonly number[]): Promise<void> {
    const commands = shards.map((shard) => endCommand(this.#options.keys.end(shard)));
    const replies = await connection.sendAll(commands, { what: 'Waiting for events' });
    for (const [nth, shard] of shards.entries()) {
      const end = endOf(replies[nth]);
      this.#ends.set(shard, end === undefined ? '0-0' : `${end.ms}-${end.index}`);
      if (end !== undefined) this.#options.told(shard, undefined);
    }
  }

  #tell(shard: number, end: string): void {
    this.#ends.set(shard, end);
    this.#options.told(shard, end);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
