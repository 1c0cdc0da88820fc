// One run of a modelled mesh: traffic and faults, then none; in the end every node that receives has every stream up to its
// end or a gap that tells so, and every reader had each event once, wherever it read.
import { AssertionError } from 'node:assert/strict';
import { decodePosition } from '../../../src/adapters/net/store/position.ts';
import { keyOf } from '../../../src/adapters/net/store/stream.ts';
import { ReaderLedger, type StreamEnds } from './event-ledger.ts';
import { MeshWorld, type Reader } from './mesh-world.ts';
import { COVER_PATIENCE_MS, type ModelNode } from './model-node.ts';
import { heal, strike } from './world-faults.ts';
import type { WorldPlan } from './world-plan.ts';

/** How long the mesh has, after the last fault and the last event. */
const SETTLE_MS = 7000;
const MOST_SETTLES = 25;
/** How often each reader reads while there are faults. */
const READS = 60;

export async function simulate(seed: number, plan?: Partial<WorldPlan>): Promise<MeshWorld> {
  const world = new MeshWorld(seed, plan);
  world.revive();
  keepReading(world);
  const endMs = world.nowMs + world.plan.faultsMs;
  for (let atMs = world.nowMs; atMs < endMs; ) {
    atMs = Math.min(endMs, atMs + world.around(world.plan.faultEveryMs));
    await world.runTo(atMs);
    strike(world);
    world.revive();
  }
  world.writesUntilMs = world.nowMs + 2000;
  heal(world);
  await world.runTo(world.nowMs + 1000);
  heal(world);
  await world.runTo(world.nowMs + SETTLE_MS);
  for (let more = 0; more < MOST_SETTLES && !isWhole(world); more += 1) await world.runTo(world.nowMs + SETTLE_MS);
  world.isOver = true;
  await check(world);
  return world;
}

function keepReading(world: MeshWorld): void {
  if (world.isOver) return;
  for (const reader of world.readers) if (world.random() < 0.7) world.read(reader);
  world.time.after(world.plan.faultsMs / READS, () => keepReading(world));
}

/** Whether the nodes have what there is: slow ones need their time. */
function isWhole(world: MeshWorld): boolean {
  const nodes = world.slots.flatMap(({ node }) => (node === undefined ? [] : [node]));
  for (let shard = 0; shard < world.plan.shards; shard += 1) {
    const ends = endsOf(nodes, shard);
    for (const node of nodes.filter(({ self }) => self.receives)) {
      if (lackOf(node, shard, wantedOf(world, node, { shard, ends })) !== undefined) return false;
    }
  }
  return true;
}

async function check(world: MeshWorld): Promise<void> {
  const nodes = world.slots.flatMap(({ node }) => (node === undefined ? [] : [node]));
  const held: HeldReader[] = [];
  for (let shard = 0; shard < world.plan.shards; shard += 1) {
    const ends = endsOf(nodes, shard);
    for (const node of nodes.filter(({ self }) => self.receives)) {
      const wanted = wantedOf(world, node, { shard, ends });
      const lack = lackOf(node, shard, wanted);
      if (lack !== undefined) throw new AssertionError({ message: lack });
      await assertReadable(world, node, { shard, ends: wanted });
    }
    for (const reader of world.readers.filter((each) => each.shard === shard)) {
      const node = world.pick(nodes.filter(({ self }) => self.receives)) as ModelNode;
      reader.cursor = await readOn(node, shard, { ledger: reader.ledger, from: reader.cursor });
      if (isHeld(node, shard, reader.cursor)) held.push({ reader, node });
      else reader.ledger.check(ends, decodePosition(reader.cursor).floorMs);
    }
  }
  if (held.length > 0) await giveUp(world, held);
}

interface HeldReader {
  readonly reader: Reader;
  readonly node: ModelNode;
}

/** What a reader relied on is gone with all nodes that knew it: it is told of a gap and goes on from there. */
async function giveUp(world: MeshWorld, held: readonly HeldReader[]): Promise<void> {
  await world.runTo(world.nowMs + COVER_PATIENCE_MS);
  world.heldReaders = held.length;
  for (const { reader, node } of held) {
    const { ledger, shard, cursor } = reader;
    ledger.expectUpperBounds();
    await readOn(node, shard, { ledger, from: cursor });
    ledger.check(endsOf([node], shard), decodePosition(cursor).floorMs);
  }
}

/** Whether a cursor relies on a cover that no node knows any more. */
function isHeld(node: ModelNode, shard: number, cursor: string | undefined): boolean {
  const { covers } = node.store.shard(shard);
  const known = new Set<string>();
  for (const [child] of covers.all()) if (covers.endsOf(child).missing.length === 0) known.add(keyOf(child));
  for (const [key, entry] of decodePosition(cursor).entries) if (entry.covers && !known.has(key)) return true;
  return false;
}

/** How far the streams of a shard reach in all nodes together. */
function endsOf(nodes: readonly ModelNode[], shard: number): StreamEnds {
  const ends = new Map<string, number>();
  for (const { store } of nodes) {
    for (const { producer, to } of store.shard(shard).all()) ends.set(producer, Math.max(to, ends.get(producer) ?? 0));
  }
  return ends;
}

/** How far a node must have which streams: all that no node has a right to have forgotten. */
function wantedOf(world: MeshWorld, node: ModelNode, { shard, ends }: Shared): StreamEnds {
  const nodes = world.slots.flatMap(({ node: each }) => (each === undefined ? [] : [each]));
  const floorMs = Math.max(...nodes.map(({ store }) => store.shard(shard).floorMs));
  const wanted = new Map<string, number>();
  for (const [producer, end] of ends) {
    // What is as old as a floor may be kept back by a node between.
    const isOld = world.ledger.newestMs(shard, producer, end) <= floorMs;
    const needed = isOld ? node.store.stream(shard, producer)?.to : end;
    if (needed !== undefined) wanted.set(producer, needed);
  }
  return wanted;
}

/** What a node lacks; undefined when it has every stream up to its end, or has forgotten it. */
function lackOf(node: ModelNode, shard: number, ends: StreamEnds): string | undefined {
  const streams = node.store.shard(shard);
  for (const [producer, end] of ends) {
    const stream = streams.get(producer);
    if (stream?.to === end || end === 0) continue;
    const has = stream === undefined ? 'nothing' : `[${stream.from}, ${stream.kept}) to ${stream.to}`;
    return `${node.producer} has ${has} of ${producer} in shard ${shard}, not to ${end}`;
  }
  return undefined;
}

/** A reader that begins at the earliest gets everything once, or is told what is gone. */
async function assertReadable(world: MeshWorld, node: ModelNode, { shard, ends }: Shared): Promise<void> {
  const ledger = new ReaderLedger(`a reader of ${node.producer}`, world.ledger, { shard, forgets: world.forgets });
  await readOn(node, shard, { ledger, from: undefined });
  ledger.check(ends, node.store.shard(shard).floorMs);
  if (!world.forgets && !world.trims) ledger.checkWhole(ends);
}

interface Shared {
  readonly shard: number;
  readonly ends: StreamEnds;
}

interface Reading {
  readonly ledger: ReaderLedger;
  readonly from: string | undefined;
}

async function readOn(node: ModelNode, shard: number, { ledger, from }: Reading): Promise<string | undefined> {
  let cursor = from;
  for (;;) {
    const page = await node.page(shard, cursor, 50);
    ledger.take(page);
    if (page.hasMore && page.next === cursor) {
      throw new AssertionError({ message: `a page of ${node.producer} has more and stays where it is` });
    }
    cursor = page.next;
    if (!page.hasMore) return cursor;
  }
}
