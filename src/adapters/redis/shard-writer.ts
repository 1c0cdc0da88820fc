// Appends the batches of one shard. Invariant: what it knows to be stored only grows, so that a server that has
// forgotten is noticed by its answer. Before it: adapter.ts. After it: the script.
import type { AdapterContext, Batch } from '../../adapter/contract.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import { cutBatch } from '../../frame-store/cut-batch.ts';
import { APPEND_SCRIPT, scriptName } from './append-script.ts';
import type { Part, Reply } from './client.ts';
import type { RedisSettings } from './config.ts';
import type { Connection } from './connection.ts';
import { compareIds, type EntryId, idText, parseId } from './entry-id.ts';
import type { Keys } from './keys.ts';
import type { Nodes } from './nodes.ts';
import { replyCode } from './redis-error.ts';
import { RowEncoder } from './row-encoder.ts';

export interface WriterOptions {
  readonly shard: number;
  readonly keys: Keys;
  readonly nodes: Nodes;
  readonly settings: RedisSettings;
  readonly report: AdapterContext['report'];
}

/** What the script answered. */
interface Outcome {
  readonly appended: number;
  /** The last sequence that was there before, or -1. */
  readonly before: number;
  readonly end: EntryId;
  /** The first sequence that was acknowledged and is gone, or -1. */
  readonly gone: number;
}

/** What is known to be stored of a producer. */
interface Known {
  readonly first: number;
  readonly last: number;
  readonly end: EntryId;
}

const NOTHING: Known = { first: -1, last: -1, end: { ms: 0, index: 0 } };
const SCRIPT_NAME = /* @__PURE__ */ scriptName(APPEND_SCRIPT);

export class ShardWriter {
  readonly #options: WriterOptions;
  readonly #encoder = new RowEncoder();
  readonly #known = new Map<string, Known>();
  /** The last entry that the server acknowledged. */
  #end: EntryId = NOTHING.end;
  /** The server has forgotten events: the name of the store and the list of shards may be gone with them. */
  forgotten = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  get shard(): number {
    return this.#options.shard;
  }

  /** The id of the last entry that the server acknowledged. */
  get end(): EntryId {
    return this.#end;
  }

  /** Resolves once the server has the whole batch. @throws AdapterError */
  async append(batch: Batch, signal: AbortSignal): Promise<void> {
    const { nodes, shard } = this.#options;
    try {
      const outcome = await nodes.with('write', shard, (to) => this.#send(to, batch, signal));
      if (outcome.appended >= 0) return this.#note(batch, outcome);
      // The beginning of a frame is there already, and the server can't cut one.
      const stored = outcome.before + 1 - batch.firstSequence;
      return await this.append(cutBatch(batch, stored, batch.count - stored), signal);
    } catch (error) {
      this.#encoder.abandon();
      throw error;
    }
  }

  async #send(to: Connection, batch: Batch, signal: AbortSignal): Promise<Outcome> {
    const options = { what: `Appending to shard ${batch.shard}`, signal };
    const rest = this.#arguments(batch);
    try {
      return outcomeOf(await to.send(['EVALSHA', SCRIPT_NAME, ...rest], options));
    } catch (error) {
      const cause = error instanceof AdapterError ? error.cause : undefined;
      if (!to.errors.isReply(cause) || replyCode(cause.message) !== 'NOSCRIPT') throw error;
    }
    return outcomeOf(await to.send(['EVAL', APPEND_SCRIPT, ...rest], options));
  }

  #arguments(batch: Batch): Part[] {
    const { keys, settings, shard } = this.#options;
    const known = this.#known.get(batch.producer) ?? NOTHING;
    return [
      '3',
      keys.stream(shard),
      keys.end(shard),
      keys.producer(shard, batch.producer),
      settings.packing,
      settings.packing === 'batch' ? bufferOf(batch.frame) : this.#encoder.encode(batch),
      String(batch.firstSequence),
      String(batch.count),
      String(batch.lostBefore),
      String(batch.lastTimestampNs).padStart(20, '0'),
      String(settings.producerTtlMs),
      String(known.first),
      String(known.last),
      idText(known.end),
      String(settings.maxEntries),
      String(settings.maxAgeMs),
      `${batch.producer}/${batch.shard}/`,
    ];
  }

  #note(batch: Batch, { appended, before, end, gone }: Outcome): void {
    const { report, shard } = this.#options;
    const known = this.#known.get(batch.producer) ?? NOTHING;
    if (gone >= 0 && appended > 0) {
      const message = `The server has forgotten events of shard ${shard} that it had acknowledged: the sequences ${gone} to ${known.last} of ${batch.producer}. Readers are told of a loss.`;
      report({ kind: 'acknowledged-lost', shard, message });
      this.forgotten = true;
    }
    const last = Math.max(before, batch.firstSequence + batch.count - 1);
    const first = known.first < 0 ? batch.firstSequence : known.first;
    this.#known.set(batch.producer, { first, last: Math.max(known.last, last), end: appended > 0 ? end : known.end });
    if (compareIds(end, this.#end) > 0) this.#end = end;
  }
}

function outcomeOf(reply: Reply): Outcome {
  const [appended, before, end, gone] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  return {
    appended: Number(appended),
    before: Number(before),
    end: parseId(String(end)) ?? NOTHING.end,
    gone: gone === '' ? -1 : Number(gone),
  };
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
