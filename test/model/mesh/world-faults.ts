// What is done to a modelled mesh while it runs.
import type { Edge, MeshWorld, Slot } from './mesh-world.ts';

type FaultCall = (world: MeshWorld) => void;

const FOR_GOOD_MS = 1e12;

function runningSlot(world: MeshWorld): Slot | undefined {
  return world.pick(world.slots.filter(({ node }) => node !== undefined));
}

function liveEdge(world: MeshWorld): Edge | undefined {
  return world.pick(world.edges.filter(({ link }) => link !== undefined && !link.isDown));
}

/** A crash that takes a part of what was not flushed. */
function crash(world: MeshWorld): void {
  const slot = runningSlot(world);
  if (slot === undefined) return;
  world.stop(slot, world.around(2000));
  slot.disk.crash(world.random);
}

function restart(world: MeshWorld): void {
  const slot = runningSlot(world);
  if (slot !== undefined) world.stop(slot, world.around(500));
}

/** Away for longer than the others keep their history, when that is short. */
function longAbsence(world: MeshWorld): void {
  const slot = runningSlot(world);
  if (slot !== undefined) world.stop(slot, 10_000 + world.around(10_000));
}

function backUp(world: MeshWorld): void {
  const slot = world.pick(world.slots);
  if (slot !== undefined) slot.backup = slot.disk.copy();
}

function restore(world: MeshWorld): void {
  const slot = world.pick(world.slots.filter(({ backup }) => backup !== undefined));
  if (slot?.backup === undefined || slot.downUntilMs >= FOR_GOOD_MS) return;
  world.stop(slot, world.around(1000));
  slot.disk = slot.backup.copy();
}

/** A second node on a copy of the store of another one. */
function copyStore(world: MeshWorld): void {
  const slot = world.pick(world.slots);
  if (slot !== undefined && world.slots.length < world.plan.mostSlots) world.addSlot(slot.disk.copy());
}

function join(world: MeshWorld): void {
  if (world.slots.length < world.plan.mostSlots) world.addSlot(newDisk(world));
}

/** For good. The first one stays, so that there is a mesh. */
function leave(world: MeshWorld): void {
  const slot = runningSlot(world);
  if (slot !== undefined && slot !== world.slots[0]) world.stop(slot, FOR_GOOD_MS);
}

function flap(world: MeshWorld): void {
  const edge = liveEdge(world);
  if (edge !== undefined) world.drop(edge);
}

function cut(world: MeshWorld): void {
  const edge = world.pick(world.edges);
  if (edge === undefined) return;
  world.drop(edge);
  edge.cutUntilMs = world.nowMs + world.around(8000);
}

/** A partition: all edges between two halves are cut. */
function part(world: MeshWorld): void {
  const side = new Set(world.slots.filter(() => world.random() < 0.5));
  const untilMs = world.nowMs + world.around(10_000);
  for (const edge of world.edges) {
    if (side.has(edge.a) === side.has(edge.b)) continue;
    world.drop(edge);
    edge.cutUntilMs = untilMs;
  }
}

function cutOneWay(world: MeshWorld): void {
  const edge = liveEdge(world);
  if (edge !== undefined) world.hold(edge, world.random() < 0.5 ? 0 : 1, world.around(6000));
}

function newDisk(world: MeshWorld): Slot['disk'] {
  const [first] = world.slots as [Slot];
  const fresh = first.disk.copy();
  fresh.shards.clear();
  return fresh;
}

const FAULTS: readonly FaultCall[] = [
  crash,
  crash,
  crash,
  restart,
  longAbsence,
  backUp,
  restore,
  copyStore,
  join,
  leave,
  flap,
  flap,
  cut,
  cut,
  part,
  cutOneWay,
  cutOneWay,
];

/** One fault of a random kind. */
export function strike(world: MeshWorld): void {
  world.pick(FAULTS)?.(world);
}

/** The end of all faults: what was cut is whole, who did not leave is there, and all of them are connected. */
export function heal(world: MeshWorld): void {
  for (const edge of world.edges) {
    edge.cutUntilMs = world.nowMs;
    edge.heldUntilMs = world.nowMs;
  }
  const staying = world.slots.filter(({ downUntilMs }) => downUntilMs < FOR_GOOD_MS / 2);
  for (const slot of staying) slot.downUntilMs = world.nowMs;
  world.revive();
  const [first, ...others] = staying as [Slot, ...Slot[]];
  const reached = new Set([first]);
  const isBeside = (slot: Slot): boolean =>
    world.edges.some(({ a, b }) => (a === slot && relays(reached, b)) || (b === slot && relays(reached, a)));
  for (let again = true; again; ) {
    again = false;
    for (const slot of others) {
      if (reached.has(slot) || !isBeside(slot)) continue;
      reached.add(slot);
      again = true;
    }
  }
  for (const slot of others) if (!reached.has(slot)) world.addEdge(slot, first);
}

function relays(reached: ReadonlySet<Slot>, slot: Slot): boolean {
  return reached.has(slot) && slot.receives;
}
