// A node of the mesh while its bus runs: store, replication, links and whoever waits for other nodes. Invariant: it is open
// as a whole or not at all; after `close` nothing calls out any more.
import type { AdapterContext, Batch, ShardInfo, StoreInfo } from '../../adapter/contract.ts';
import type { StoreSource } from '../../frame-store/store-source.ts';
import { type Environment, systemEnvironment, type Timer } from '../../util/environment.ts';
import type { NetSettings } from './config.ts';
import { type Awaited, Confirmations } from './confirmations.ts';
import { DurableElsewhere } from './durable-elsewhere.ts';
import { handOver } from './hand-over.ts';
import { join } from './join.ts';
import type { MeshLinkFigures } from './link/link-figures.ts';
import { MeshLinks } from './link/mesh-links.ts';
import { MeshNode } from './mesh-node.ts';
import { type NetFigures, netFigures } from './net-figures.ts';
import type { PeerLink, PeerLinkListener } from './peer-link.ts';
import { withOwnStamp } from './start-stamp.ts';
import { CoverPatience } from './store/cover-patience.ts';
import { MeshReader } from './store/mesh-reader.ts';
import { StreamStore } from './store/stream-store.ts';

/** Streams are told by their names alone up to so many: a cursor of 8 producers stays below 200 bytes. */
const FOLD_ABOVE = 8;
/** How long a reader is held whose cursor relies on what no linked node knows; then it is told of a gap. */
const COVER_PATIENCE_MS = 60_000;
const TICK_MS = 100;
/** An error names so many peers. */
const MOST_NAMED = 3;
const NEVER = new AbortController().signal;

/** What a node is opened with. */
export interface NodeSurroundings {
  readonly source: StoreSource;
  readonly context: AdapterContext;
  /** A shard has more events. */
  readonly onEvents: (shard: number) => void;
}

export class OpenNode {
  readonly reader: MeshReader;
  readonly #settings: NetSettings;
  readonly #context: AdapterContext;
  readonly #environment: Environment = systemEnvironment();
  readonly #store: StreamStore;
  readonly #node: MeshNode;
  readonly #links: MeshLinks;
  readonly #confirmations: Confirmations;
  readonly #elsewhere: DurableElsewhere;
  #ticking: Timer | undefined;
  #isClosing = false;

  private constructor(settings: NetSettings, store: StreamStore, around: NodeSurroundings) {
    const { context, source } = around;
    this.#settings = settings;
    this.#context = context;
    this.#store = store;
    const monotonicMs = (): number => this.#environment.monotonicMs();
    const wallMs = (): number => Number(context.now() / 1_000_000n);
    const patience = new CoverPatience({ monotonicMs, wallMs, patienceMs: COVER_PATIENCE_MS });
    this.reader = new MeshReader(store, { foldAbove: FOLD_ABOVE, patience });
    this.#node = this.#makeNode(around);
    this.#confirmations = new Confirmations({
      confirm: settings.confirm,
      holders: ({ shard, producer, end }) => this.#node.replication.holders(shard, producer, end),
      linked: () => this.#node.links.filter(({ peer }) => peer.receives).length,
    });
    this.#elsewhere = new DurableElsewhere({
      confirm: settings.confirm,
      node: this.#node,
      confirmations: this.#confirmations,
      environment: this.#environment,
      patienceMs: settings.link.silenceMs,
    });
    const identity = { nodeId: context.producer, receives: settings.receives, durable: source.durable };
    this.#links = new MeshLinks(settings.link, identity, {
      environment: this.#environment,
      report: context.report,
      replication: this.#listener(),
      figures: () => this.figures(),
    });
  }

  /** Opens the store, listens and dials. @throws AdapterError */
  static async open(
    settings: NetSettings,
    around: NodeSurroundings,
  ): Promise<{ readonly node: OpenNode; readonly info: StoreInfo }> {
    const store = new StreamStore(around.source.make());
    const opened = await store.open(around.context);
    let node: OpenNode | undefined;
    try {
      const info = withOwnStamp(opened, store, around.context);
      node = new OpenNode(settings, store, around);
      await node.#start();
      return { node, info };
    } catch (error) {
      const closing = node === undefined ? store.close(NEVER) : node.close(NEVER);
      const message = 'The store of a node that did not start could not be closed.';
      await closing.catch((cause: unknown) => around.context.report({ kind: 'mesh-store', message, cause }));
      throw error;
    }
  }

  /** Stores a batch, and waits for as many other nodes as must have it. */
  async append(batch: Batch, signal: AbortSignal): Promise<void> {
    await this.#node.append(batch, signal);
    const { shard, producer, firstSequence, count } = batch;
    await this.#confirmations.wait({ shard, producer, end: firstSequence + count }, signal);
  }

  /** What this start has stored is durable here, and in as many other nodes as must have it. */
  async flush(signal: AbortSignal): Promise<void> {
    await this.#store.flush(signal);
    await this.#elsewhere.ensure(this.#ownStreams(), signal);
  }

  shards(): readonly ShardInfo[] {
    return this.#store.list();
  }

  figures(): NetFigures {
    return netFigures(this.#links.figures(), this.#node);
  }

  /** Hands over what this start has ingested, says goodbye, and gives the store back. */
  async close(signal: AbortSignal): Promise<void> {
    await handOver({
      isLacking: () => this.#isLacking(),
      lag: () => this.#node.links.reduce((sum, { id }) => sum + this.#node.replication.lagOf(id), 0),
      environment: this.#environment,
      signal,
    });
    this.#isClosing = true;
    this.#ticking?.cancel();
    this.#confirmations.close();
    await this.#links.close();
    this.#node.close();
    await this.#store.close(signal);
  }

  async #start(): Promise<void> {
    await this.#links.start();
    this.#tick();
    const { joinTimeoutMs } = this.#settings;
    if (joinTimeoutMs === 0) return;
    const why = (): string | undefined => failedDials(this.#links.figures());
    await join(this.#node, {
      timeoutMs: joinTimeoutMs,
      environment: this.#environment,
      signal: this.#context.signal,
      why,
    });
  }

  #makeNode({ context, onEvents }: NodeSurroundings): MeshNode {
    const { receives, maxStreams, recentBytes, forgetAfterMs } = this.#settings;
    const options = { nodeId: context.producer, receives, maxStreams, recentBytes, forgetAfterMs };
    return new MeshNode(this.#store, options, {
      monotonicMs: () => this.#environment.monotonicMs(),
      wallMs: () => Number(context.now() / 1_000_000n),
      random: () => this.#environment.random(),
      soon: (call) => this.#environment.soon(call),
      report: context.report,
      observe: (timestampNs) => context.observe?.(timestampNs) ?? true,
      onEvents,
      onAcks: (shard) => {
        if (shard === undefined) this.#confirmations.onDown();
        else this.#confirmations.look(shard);
      },
    });
  }

  #listener(): PeerLinkListener {
    const node = this.#node;
    const told = ({ peer }: PeerLink): string => `${peer.nodeId} at ${peer.address}`;
    return {
      onUp: (link) => {
        node.onUp(link);
        this.#context.report({ kind: 'net-up', message: `A link with ${told(link)} is up.` });
      },
      onMessage: (link, message) => node.onMessage(link, message),
      onWritable: (link) => node.onWritable(link),
      onDown: (link, reason) => {
        node.onDown(link);
        if (this.#isClosing) return;
        this.#context.report({ kind: 'net-down', message: `The link with ${told(link)} is down, ${reason}.` });
      },
    };
  }

  /** Whether a linked peer lacks something that this start has ingested. */
  #isLacking(): boolean {
    const takers = this.#node.links.filter(({ peer }) => peer.receives);
    return this.#ownStreams().some(({ shard, producer, end }) => {
      const holders = this.#node.replication.holders(shard, producer, end);
      return takers.some(({ id }) => !holders.includes(id));
    });
  }

  /** What this start has put into each shard. */
  #ownStreams(): readonly Awaited[] {
    const { producer } = this.#context;
    return Array.from(this.#store.shards()).flatMap(({ shard }) => {
      const stream = this.#store.stream(shard, producer);
      return stream === undefined || stream.kept === 0 ? [] : [{ shard, producer, end: stream.kept }];
    });
  }

  #tick(): void {
    this.#node.tick();
    this.#ticking = this.#environment.after(TICK_MS, () => this.#tick(), true);
  }
}

/** Whom a node could not reach, and why. */
function failedDials({ dials }: MeshLinkFigures): string | undefined {
  const failed = dials.flatMap(({ address, lastError }) =>
    lastError === undefined ? [] : [`${address}: ${lastError}`],
  );
  return failed.length === 0 ? undefined : failed.slice(0, MOST_NAMED).join('; ');
}
