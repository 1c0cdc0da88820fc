// Two connections between the same nodes: whatever crosses whatever, both sides keep the same one.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PeerTable, staying } from '../../../../../src/adapters/net/session/peer-table.ts';
import { helloOf, Side } from './pair.ts';

/** A node that keeps a table of its sides. */
class ModelNode {
  readonly table: PeerTable<Side>;
  readonly id: string;
  #order = 0;

  constructor(id: string) {
    this.id = id;
    this.table = new PeerTable(id, 8);
  }

  side(dialled: boolean): Side {
    const side = new Side({ self: helloOf(this.id), dialled, nextOrder: () => ++this.#order });
    side.confirm = (peer, order) => this.table.objectionToWelcome(peer.nodeId, order);
    side.admit = (peer, decides) => this.table.objection({ nodeId: peer.nodeId, dialled }, decides);
    side.onUp = () => {
      this.table.add(side)?.session.bye('duplicate', '');
    };
    return side;
  }
}

/** Plays dials of both nodes with their bytes moving in a random order; both must keep the same connection. */
function play(dialledByA: readonly boolean[], moves: readonly number[]): void {
  const [a, b] = [new ModelNode('a'), new ModelNode('b')];
  const pairs = dialledByA.map((byA) => ({ a: a.side(byA), b: b.side(!byA) }));
  for (const pair of pairs) {
    pair.a.session.start();
    pair.b.session.start();
  }
  const sides = pairs.flatMap((pair) => [
    { from: pair.a, to: pair.b },
    { from: pair.b, to: pair.a },
  ]);
  let at = 0;
  while (sides.some(({ from }) => from.waiting > 0)) {
    const busy = sides.filter(({ from }) => from.waiting > 0);
    const { from, to } = busy[(moves[at % moves.length] as number) % busy.length] as (typeof sides)[number];
    at += 1;
    from.move(to, 1 + ((moves[at % moves.length] as number) % 50));
    for (const node of [a, b]) {
      for (const side of [...node.table.entries()]) if (side.session.state === 'over') node.table.remove(side);
    }
  }
  const kept = pairs.filter((pair) => pair.a.session.state === 'up' || pair.b.session.state === 'up');
  expect(kept.length).toBe(1);
  expect([kept[0]?.a.session.state, kept[0]?.b.session.state]).toEqual(['up', 'up']);
  expect([a.table.get('b'), b.table.get('a')]).toEqual([kept[0]?.a, kept[0]?.b]);
  if (dialledByA.includes(true)) expect(kept[0]?.a.dialled).toBe(true);
}

test('of any number of connections made at once both sides keep the same one, dialled by the smaller id', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(1000), { minLength: 5, maxLength: 60 }),
      play,
    ),
    { numRuns: 300 },
  );
});

test('one that has been silent for a ping always yields', () => {
  const silent = { nodeId: 'b', dialled: true, order: 1, isSilentForAPing: true };
  expect(staying(silent, false, true)).toBe('fresh');
  expect(staying({ ...silent, isSilentForAPing: false }, false, true)).toBe('existing');
});

test('a node that has as many peers as it may takes no other, and the same one again', () => {
  const table = new PeerTable<Side>('a', 1);
  const side = new Side({ self: helloOf('a'), dialled: false });
  Object.defineProperty(side, 'nodeId', { value: 'b' });
  table.add(side);
  expect(table.objection({ nodeId: 'c', dialled: true }, true)?.code).toBe('full');
  expect(table.objection({ nodeId: 'b', dialled: true }, true)).toBeUndefined();
});
