// Keeps the log within its bounds, in the background: whole segments go, the oldest of all shards first. Invariant: what
// one round drops is decided once, from what the shards tell then; one round runs at a time.
import { clearTimeout, setTimeout } from 'node:timers';
import type { Finding } from '../../adapter/finding.ts';
import type { LogSettings } from './config.ts';
import type { LogShards } from './log-shards.ts';
import type { Segment } from './segment.ts';
import type { ShardWriter } from './shard-writer.ts';

const SHORTEST_CHECK_MS = 50;
const LONGEST_CHECK_MS = 60_000;
const NS_PER_MS = 1_000_000n;

type Bounds = Pick<LogSettings, 'maxAgeMs' | 'maxBytes' | 'maxEvents'>;

export interface RetentionOptions {
  readonly shards: LogShards;
  readonly writers: ReadonlyMap<number, Promise<ShardWriter>>;
  readonly now: () => bigint;
  readonly report: (finding: Finding) => void;
}

/** The segments of a shard, in order. */
export interface ShardSegments {
  readonly shard: number;
  readonly segments: readonly Segment[];
}

/** Up to which index each shard is to be dropped. Bytes and counts leave the newest segment of the log, age does not. */
export function decideTrims(shards: Iterable<ShardSegments>, bounds: Bounds, nowNs: bigint): Map<number, number> {
  const rows = Array.from(shards, ({ shard, segments }) => ({ shard, segments, next: 0 }));
  const all = rows.flatMap(({ segments }) => segments);
  let bytes = all.reduce((sum, each) => sum + each.bytes, 0);
  let events = all.reduce((sum, each) => sum + each.events, 0);
  let kept = all.filter((each) => each.events > 0).length;
  const { maxAgeMs, maxBytes = Infinity, maxEvents = Infinity } = bounds;
  const bornBefore = maxAgeMs === undefined ? 0n : nowNs - BigInt(maxAgeMs) * NS_PER_MS;
  const trims = new Map<number, number>();
  for (;;) {
    const heads = rows.filter(({ segments, next }) => (segments[next]?.events ?? 0) > 0);
    const stampOf = ({ segments, next }: (typeof rows)[number]): bigint => (segments[next] as Segment).newestStampNs;
    const oldest = heads.reduce<(typeof rows)[number] | undefined>(
      (best, row) => (best === undefined || stampOf(row) < stampOf(best) ? row : best),
      undefined,
    );
    if (oldest === undefined) return trims;
    const segment = oldest.segments[oldest.next] as Segment;
    const over = (bytes > maxBytes || events > maxEvents) && kept > 1;
    if (!over && segment.newestStampNs >= bornBefore) return trims;
    bytes -= segment.bytes;
    events -= segment.events;
    kept -= 1;
    oldest.next += 1;
    trims.set(oldest.shard, segment.reach);
  }
}

export class Retention {
  readonly #bounds: Bounds;
  readonly #options: RetentionOptions;
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(bounds: Bounds, options: RetentionOptions) {
    this.#bounds = bounds;
    this.#options = options;
  }

  start(): void {
    this.note();
    const { maxAgeMs } = this.#bounds;
    if (maxAgeMs === undefined) return;
    const everyMs = Math.min(Math.max(maxAgeMs / 8, SHORTEST_CHECK_MS), LONGEST_CHECK_MS);
    const check = (): void => {
      this.note();
      this.#timer = setTimeout(check, everyMs).unref();
    };
    this.#timer = setTimeout(check, everyMs).unref();
  }

  /** Looks whether something is to go, soon. */
  note(): void {
    const { maxAgeMs, maxBytes, maxEvents } = this.#bounds;
    if (this.#stopped || this.#round !== undefined) return;
    if (maxAgeMs === undefined && maxBytes === undefined && maxEvents === undefined) return;
    this.#round = this.#run().finally(() => {
      this.#round = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  }

  async #run(): Promise<void> {
    const { now, report, shards, writers } = this.#options;
    for (const [shard, end] of decideTrims(shards.all(), this.#bounds, now())) {
      try {
        await (await writers.get(shard))?.trim(end);
      } catch (cause) {
        report({ kind: 'log-retention', shard, message: `Old events of shard ${shard} could not be removed.`, cause });
      }
    }
  }
}
