// The mesh adopts the suite, over a memory and over a log: alone, in a full mesh of three, and at the middle of a line.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import type { AdapterFactory } from '../../src/adapter/contract.ts';
import type { NetFigures } from '../../src/adapters/net/net-figures.ts';
import { log, memory, net } from '../../src/index.ts';
import { onBench } from '../../src/testing/conformance/bench.ts';
import { type ConformanceSubject, conformanceTests, within } from '../../src/testing/index.ts';
import { addressOf, MESH_KEY, MeshBuses, QUICK } from '../support/net/mesh-buses.ts';
import { SCALING_CASES } from './support/scaling-cases.ts';

const root = mkdtempSync(join(tmpdir(), 'meshbus-net-'));
let count = 0;

afterAll(() => rmSync(root, { recursive: true }));

const STORES = {
  memory: () => memory(),
  log: () => {
    count += 1;
    return log(join(root, String(count)));
  },
} as const;

/** The mesh around the node that is tried: how many others there are, and how many of them must have each batch. */
interface Around {
  readonly name: string;
  readonly others: number;
  readonly confirm: 'local' | number;
  /** Whether the others dial each other. */
  readonly full: boolean;
}

const AROUND: readonly Around[] = [
  { name: 'alone', others: 0, confirm: 'local', full: false },
  { name: 'one of three in full mesh, confirm 1', others: 2, confirm: 1, full: true },
  { name: 'the middle of a line of three, confirm 2', others: 2, confirm: 2, full: false },
];

/** The same factory, whose adapters are open once they have so many links: a batch before would be Transient. */
function linked(factory: AdapterFactory, links: number): AdapterFactory {
  const create = (): ReturnType<AdapterFactory['create']> => {
    const adapter = factory.create();
    const init = adapter.init.bind(adapter);
    const isLinked = (): boolean => (adapter.stats?.() as NetFigures | undefined)?.links.length === links;
    adapter.init = async (context) => {
      const info = await init(context);
      await within(10_000, isLinked);
      return info;
    };
    return adapter;
  };
  return { kind: factory.kind, create };
}

function subject(store: keyof typeof STORES, around: Around): ConformanceSubject {
  const buses = new MeshBuses();
  return {
    name: `net over ${store}, ${around.name}`,
    create: async () => {
      const peers: string[] = [];
      for (let nth = 0; nth < around.others; nth += 1) {
        const other = await buses.node({ listen: 0, peers: around.full ? peers : [] });
        peers.push(addressOf(other));
      }
      const options = { psk: MESH_KEY, ...QUICK, peers, confirm: around.confirm, store: STORES[store]() };
      return linked(net(options), around.others);
    },
    dispose: () => buses.close(),
    capabilities: { readable: true, durable: store === 'log', deduplicates: true, releasesBatches: true },
    methods: ['seek', 'listShards', 'watch', 'isHealthy'],
    reopens: true,
  };
}

for (const store of ['memory', 'log'] as const) {
  for (const around of AROUND) {
    const tried = subject(store, around);
    for (const each of conformanceTests(tried)) test(each.name, each.run);
    for (const each of SCALING_CASES) {
      if (each.needs?.exclusive) continue;
      test(`${tried.name}: ${each.name}`, () => onBench(tried, each.run));
    }
  }
}
