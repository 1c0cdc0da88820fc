// One node of a modelled mesh: the real node, store of streams and reader, over a model disk and in virtual time.
import type { ShardPage } from '../../../src/adapter/contract.ts';
import type { Finding } from '../../../src/adapter/finding.ts';
import { MeshNode } from '../../../src/adapters/net/mesh-node.ts';
import type { Peer } from '../../../src/adapters/net/peer-link.ts';
import { CoverPatience } from '../../../src/adapters/net/store/cover-patience.ts';
import { MeshReader } from '../../../src/adapters/net/store/mesh-reader.ts';
import { StreamStore } from '../../../src/adapters/net/store/stream-store.ts';
import { BatchMaker } from '../../../src/testing/batch-maker.ts';
import type { EventLedger } from './event-ledger.ts';
import { type ModelDisk, ModelStore, type ModelStoreOptions } from './model-disk.ts';
import type { VirtualTime } from './virtual-time.ts';

const TICK_MS = 250;
/** Longer than faults last: until then a cover may come. */
export const COVER_PATIENCE_MS = 120_000;
const NEVER = new AbortController().signal;

export interface ModelNodeOptions extends ModelStoreOptions {
  readonly time: VirtualTime;
  readonly producer: string;
  readonly receives: boolean;
  readonly forgetAfterMs: number;
  readonly foldAbove?: number;
  readonly random?: () => number;
  readonly report: (finding: Finding) => void;
  readonly ledger?: EventLedger;
}

export class ModelNode {
  readonly producer: string;
  readonly self: Peer;
  readonly store: StreamStore;
  readonly node: MeshNode;
  readonly reader: MeshReader;
  readonly #frames: ModelStore;
  readonly #maker: BatchMaker;
  readonly #time: VirtualTime;
  readonly #ledger: EventLedger | undefined;
  #isUp = true;
  #written = 0;
  #lastNs = 0n;

  private constructor(frames: ModelStore, store: StreamStore, options: ModelNodeOptions) {
    const { producer, receives, forgetAfterMs, time } = options;
    this.#frames = frames;
    this.#time = time;
    this.#ledger = options.ledger;
    this.producer = producer;
    this.store = store;
    this.self = { nodeId: producer, address: producer, receives, durable: true };
    this.node = new MeshNode(
      store,
      { nodeId: producer, receives, maxStreams: 10_000, recentBytes: 20_000, forgetAfterMs },
      {
        monotonicMs: () => time.nowMs,
        wallMs: () => time.wallMs,
        random: options.random ?? (() => 0.5),
        soon: (call) => time.after(0, call),
        report: options.report,
        observe: () => true,
        onEvents: () => undefined,
        onAcks: () => undefined,
      },
    );
    const clock = { monotonicMs: () => time.nowMs, wallMs: () => time.wallMs };
    const patience = new CoverPatience({ ...clock, patienceMs: COVER_PATIENCE_MS });
    this.reader = new MeshReader(store, { foldAbove: options.foldAbove ?? 8, patience });
    this.#maker = new BatchMaker({ producer, firstTimestampNs: 0n });
    this.#tick();
  }

  /** Opens a node over a disk. */
  static async open(disk: ModelDisk, options: ModelNodeOptions): Promise<ModelNode> {
    const frames = new ModelStore(disk, options);
    const store = new StreamStore(frames);
    const { producer, report, time } = options;
    await store.open({ producer, report, now: () => BigInt(time.wallMs) * 1_000_000n });
    return new ModelNode(frames, store, options);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Stores a batch of events of this node, some of them dropped before it. Resolves when it is stored. */
  async write(shard: number, count: number, lost: number): Promise<void> {
    if (lost > 0) this.#maker.lose(shard, lost);
    const nowNs = BigInt(Math.floor(this.#time.wallMs)) * 1_000_000n + BigInt(this.#written);
    this.#maker.advance(nowNs - this.#lastNs);
    this.#lastNs = nowNs + BigInt(count);
    const events = Array.from({ length: count }, () => {
      this.#written += 1;
      return `${this.producer}:${this.#written}`;
    });
    const batch = this.#maker.batch(shard, events);
    this.#ledger?.note(batch);
    await this.node.append(batch, NEVER);
  }

  page(shard: number, after: string | undefined, limit: number): Promise<ShardPage> {
    return this.reader.page(shard, { after, limit, maxBytes: 1_000_000, signal: NEVER });
  }

  flush(): Promise<void> {
    return this.store.flush(NEVER);
  }

  /** The process ends at once. What was not flushed may be gone. */
  kill(): void {
    this.#isUp = false;
    this.#frames.isDead = true;
    this.node.close();
  }

  #tick(): void {
    if (!this.#isUp) return;
    this.node.tick();
    this.#time.after(TICK_MS, () => this.#tick());
  }
}
