// A modelled mesh: nodes on disks, links between them, traffic, readers that move from node to node. Faults are what
// world-faults.ts does to it. Everything follows from the seed.
import { AssertionError } from 'node:assert/strict';
import type { Finding } from '../../../src/adapter/finding.ts';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { EventLedger, ReaderLedger } from './event-ledger.ts';
import { ModelDisk } from './model-disk.ts';
import { type LinkEnd, ModelLink } from './model-link.ts';
import { ModelNode } from './model-node.ts';
import { VirtualTime } from './virtual-time.ts';
import { planOf, type WorldPlan } from './world-plan.ts';

/** A place where a node runs, has run or will run. */
export interface Slot {
  readonly name: string;
  readonly receives: boolean;
  readonly isSlow: boolean;
  disk: ModelDisk;
  node: ModelNode | undefined;
  starts: number;
  /** Not before this time again; never when it left for good. */
  downUntilMs: number;
  backup: ModelDisk | undefined;
}

export interface Edge {
  readonly a: Slot;
  readonly b: Slot;
  link: ModelLink | undefined;
  cutUntilMs: number;
  /** Which end is held, and until when. */
  held: 0 | 1 | undefined;
  heldUntilMs: number;
}

export interface Reader {
  readonly ledger: ReaderLedger;
  readonly shard: number;
  cursor: string | undefined;
  isBusy: boolean;
}

const LONG_AGO = -1;
const RECONNECT_MS = 500;
/** A link that is held in one direction is given up after so long. */
const PING_MS = 4000;

export class MeshWorld {
  readonly plan: WorldPlan;
  readonly random: () => number;
  readonly time = new VirtualTime();
  readonly ledger = new EventLedger();
  readonly slots: Slot[] = [];
  readonly edges: Edge[] = [];
  readonly readers: Reader[] = [];
  readonly findings: Finding[] = [];
  /** Readers whose place relies on a cover that went with all nodes that knew it: they are held. */
  heldReaders = 0;
  /** Readers wait for the checks. */
  isOver = false;
  /** What went wrong outside of a check. */
  fault: unknown;

  constructor(seed: number, plan?: Partial<WorldPlan>) {
    this.random = seededRandom(seed);
    this.plan = { ...planOf(this.random), ...plan };
    for (let nth = 0; nth < this.plan.nodes; nth += 1) this.addSlot(new ModelDisk());
    for (let nth = 0; nth < 3; nth += 1) this.#addReader(nth);
  }

  /** Whether nodes forget streams while the mesh runs. */
  get forgets(): boolean {
    return this.plan.forgetAfterMs < 1_000_000;
  }

  /** Whether nodes let go of history while the mesh runs. */
  get trims(): boolean {
    return this.plan.maxEvents < 1_000_000;
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  /** A number from 0 to twice a mean. */
  around(mean: number): number {
    return 2 * mean * this.random();
  }

  /** A place with links to some of the others, one of which receives. */
  addSlot(disk: ModelDisk): Slot {
    const nth = this.slots.length;
    const receives = nth === 0 || this.random() > 0.1;
    const isSlow = this.random() < 0.15;
    const blank = { node: undefined, starts: 0, downUntilMs: 0, backup: undefined };
    const slot: Slot = { name: `n${nth}`, receives, isSlow, disk, ...blank };
    const relays = this.slots.filter((each) => each.receives);
    const anchor = this.pick(relays);
    for (const other of this.slots) {
      if (other === anchor || this.random() < this.plan.density) this.addEdge(slot, other);
    }
    this.slots.push(slot);
    return slot;
  }

  addEdge(a: Slot, b: Slot): void {
    const edge: Edge = { a, b, link: undefined, cutUntilMs: LONG_AGO, held: undefined, heldUntilMs: LONG_AGO };
    this.edges.push(edge);
    this.#keepLinked(edge);
  }

  /** Opens a node on the disk of a slot. */
  start(slot: Slot): void {
    if (slot.node !== undefined) return;
    slot.starts += 1;
    const { maxEvents, forgetAfterMs, foldAbove } = this.plan;
    const options = {
      time: this.time,
      producer: `${slot.name}.${slot.starts}`,
      receives: slot.receives,
      forgetAfterMs,
      foldAbove,
      random: this.random,
      maxEvents,
      ledger: this.ledger,
      appendDelay: slot.isSlow ? () => this.#delay(8) : undefined,
      report: (finding: Finding) => void this.findings.push(finding),
    };
    ModelNode.open(slot.disk, options).then(
      (node) => {
        slot.node = node;
        this.#keepWriting(slot, node);
      },
      (error) => this.#fail(error),
    );
  }

  /** Ends the process of a slot at once. */
  stop(slot: Slot, downMs: number): void {
    slot.node?.kill();
    slot.node = undefined;
    slot.downUntilMs = this.nowMs + downMs;
    for (const edge of this.edges) if (edge.a === slot || edge.b === slot) this.drop(edge);
  }

  drop(edge: Edge): void {
    edge.link?.down();
    edge.link = undefined;
    edge.held = undefined;
  }

  /** Runs what is due up to a moment. @throws what went wrong meanwhile */
  async runTo(endMs: number): Promise<void> {
    await this.time.runTo(endMs);
    if (this.fault !== undefined) throw this.fault;
  }

  /** Starts what is down and due. */
  revive(): void {
    for (const slot of this.slots) if (slot.node === undefined && slot.downUntilMs <= this.nowMs) this.start(slot);
  }

  /** Lets a reader read a page somewhere. */
  read(reader: Reader): void {
    const node = this.pick(this.slots.filter(({ node: each }) => each !== undefined))?.node;
    if (node === undefined || reader.isBusy) return;
    reader.isBusy = true;
    node.page(reader.shard, reader.cursor, 1 + Math.floor(this.around(15))).then(
      (page) => {
        reader.isBusy = false;
        if (!node.isUp) return; // The answer never reached the reader.
        this.#try(() => reader.ledger.take(page));
        reader.cursor = page.next;
      },
      (error) => this.#fail(error),
    );
  }

  #addReader(nth: number): void {
    const shard = nth % this.plan.shards;
    const ledger = new ReaderLedger(`reader ${nth}`, this.ledger, { shard, forgets: this.forgets });
    this.readers.push({ ledger, shard, cursor: undefined, isBusy: false });
  }

  #keepLinked(edge: Edge): void {
    const { a, b } = edge;
    if (edge.held !== undefined && edge.heldUntilMs <= this.nowMs) {
      edge.link?.hold(edge.held, false);
      edge.held = undefined;
    }
    const isUp = a.node !== undefined && b.node !== undefined && edge.cutUntilMs <= this.nowMs;
    if (isUp && (edge.link === undefined || edge.link.isDown)) edge.link = this.#link(a.node, b.node);
    this.time.after(this.around(RECONNECT_MS), () => this.#keepLinked(edge));
  }

  #link(a: ModelNode | undefined, b: ModelNode | undefined): ModelLink | undefined {
    if (a === undefined || b === undefined) return undefined;
    const end = ({ node: listener, self }: ModelNode): LinkEnd => ({ listener, self });
    return new ModelLink(end(a), end(b), {
      time: this.time,
      delayMs: () => this.around(this.plan.delayMs),
      windowBytes: this.plan.windowBytes,
      onBreach: (reason) => this.#fail(new AssertionError({ message: `a breach: ${reason}` })),
    });
  }

  /** Holds what one end sends; the link is given up when that lasts. */
  hold(edge: Edge, end: 0 | 1, forMs: number): void {
    const { link } = edge;
    if (link === undefined || link.isDown || edge.held !== undefined) return;
    link.hold(end, true);
    edge.held = end;
    edge.heldUntilMs = this.nowMs + forMs;
    if (forMs < PING_MS) return;
    this.time.after(PING_MS, () => link.down());
  }

  #keepWriting(slot: Slot, node: ModelNode): void {
    if (slot.node !== node || this.nowMs > this.writesUntilMs) return;
    const shard = Math.floor(this.random() * this.plan.shards);
    const lost = this.random() < 0.1 ? 1 + Math.floor(this.around(2)) : 0;
    node.write(shard, 1 + Math.floor(this.around(3)), lost).catch((error) => {
      if (node.isUp) this.#fail(error);
    });
    if (this.random() < 0.2) void node.flush();
    this.time.after(this.around(this.plan.writeEveryMs), () => this.#keepWriting(slot, node));
  }

  /** When nodes stop writing. */
  writesUntilMs = Number.MAX_SAFE_INTEGER;

  #delay(mean: number): Promise<void> {
    return new Promise((resolve) => this.time.after(this.around(mean), resolve));
  }

  #try(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.fault ??= error;
  }
}
