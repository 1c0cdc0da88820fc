// C1, C4 and C6 against a naive model: random stores, pages of every kind, producers that go on between the pages.
// A failing run prints its seed; PAGING_SEED repeats it.
import { describe, expect, test } from 'vitest';
import type { ConsumeOptions } from '../../src/consume/consume-request.ts';
import type { ConsumeResponse } from '../../src/consume/page.ts';
import { Poller } from '../../src/consume/poller.ts';
import { AdapterError } from '../../src/errors/adapter-error.ts';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { SampleSource } from '../support/sample-source.ts';

const SEED = Number(process.env.PAGING_SEED ?? Math.floor(Math.random() * 1e9));
const RUNS = Number(process.env.PAGING_RUNS ?? 400);
const FIRST_NS = 1_700_000_000_000_000_000n;

type Whole = (below: number) => number;
type Request = Omit<ConsumeOptions, 'limit'>;

interface Pending {
  readonly shard: number;
  readonly stampNs: bigint;
  readonly json: unknown;
}

class Producer {
  readonly source = new SampleSource();
  readonly #whole: Whole;
  readonly #shards: number;
  #stampNs = FIRST_NS;
  #pending: Pending[] = [];

  constructor(whole: Whole) {
    this.#whole = whole;
    this.#shards = 1 + whole(6);
  }

  /** Ingests some events; of each shard the first few reach the store, the others stay pending. */
  produce(most: number): void {
    for (let count = this.#whole(most + 1); count > 0; count -= 1) {
      this.#stampNs += BigInt(1 + this.#whole(1000));
      const json = { kind: this.#whole(4), text: 'x'.repeat(this.#whole(20)) };
      this.#pending.push({ shard: this.#whole(this.#shards), stampNs: this.#stampNs, json });
    }
    this.source.adopt(this.#stampNs);
    const dispatched = Array.from({ length: this.#shards }, () => this.#whole(10));
    this.dispatch((shard) => (dispatched[shard] as number)-- > 0);
  }

  /** Stores the oldest pending events of each shard, as long as the test says so. */
  dispatch(goes: (shard: number) => boolean): void {
    const stuck = new Set<number>();
    this.#pending = this.#pending.filter(({ shard, stampNs, json }) => {
      if (stuck.has(shard) || !goes(shard)) {
        stuck.add(shard);
        return true;
      }
      this.source.store.add(shard, stampNs, { json });
      return false;
    });
    this.source.lanes = [...stuck].map((shard) => {
      const oldest = this.#pending.find((event) => event.shard === shard) as Pending;
      return { shard, oldestTimestampNs: oldest.stampNs };
    });
  }

  /** Everything reaches the store; some shards are retired. */
  finish(): void {
    this.dispatch(() => true);
    for (const shard of this.source.store.shards.keys()) if (this.#whole(4) === 0) this.source.store.seal(shard);
  }

  request(): Request {
    const some = [0, 1, 2, 3, 4, 5].filter(() => this.#whole(2) === 0);
    return {
      ordering: this.#whole(2) === 0 ? 'sequence' : 'timestamp',
      ...(this.#whole(2) === 0 ? {} : { filter: { path: 'kind', value: this.#whole(5) } }),
      ...(this.#whole(2) === 0 ? {} : { shards: some }),
    };
  }

  /** What one full scan gives: by shard, as stored. */
  expected({ filter, shards }: Request): string[] {
    const value = (filter as { value?: unknown } | undefined)?.value;
    return [...this.source.store.shards].flatMap(([shard, { records }]) =>
      records
        .filter(() => shards === undefined || shards.includes(shard))
        .filter(({ bytes }) => filter === undefined || JSON.parse(new TextDecoder().decode(bytes)).kind === value)
        .map(({ producer, sequence }) => `${producer}/${shard}/${sequence}`),
    );
  }

  /** Some reads fail, a different one each time. */
  disturb(): void {
    this.source.store.beforePoll = (shard) => {
      if (this.#whole(8) === 0) throw new AdapterError('Transient', `shard ${shard} is away`);
    };
  }
}

function wholeOf(seed: number): Whole {
  const random = seededRandom(seed);
  return (below) => Math.floor(random() * below);
}

/** Pages until the store has nothing more, with producing in between; checks what must hold of each page. */
async function readAll(producer: Producer, request: Request, whole: Whole) {
  const ids: string[] = [];
  const stamps: bigint[] = [];
  let from: string | undefined;
  for (let pages = 0; ; pages += 1) {
    if (pages < 6) producer.produce(30);
    else producer.finish();
    const limit = 1 + whole(50);
    const page = await new Poller(producer.source).poll({ ...request, limit, from });
    expect(page.events.length).toBeLessThanOrEqual(limit);
    ids.push(...page.events.map((event) => event.id));
    stamps.push(...page.events.map((event) => event.timestampNs));
    await expectExactEnd(producer, { ...request, limit: 1 + whole(50) }, page);
    if (!page.hasMore && pages >= 6) return { ids, stamps };
    // Going on from the middle of the page is going on all the same.
    const cut = page.events[whole(page.events.length + 1)];
    if (cut === undefined || whole(3) > 0) from = page.cursor;
    else {
      from = cut.cursor;
      ids.length = ids.lastIndexOf(cut.id) + 1;
      stamps.length = ids.length;
    }
  }
}

async function expectExactEnd(producer: Producer, request: ConsumeOptions, page: ConsumeResponse): Promise<void> {
  const next = await new Poller(producer.source).poll({ ...request, from: page.cursor });
  expect(next.cursor !== page.cursor).toBe(page.hasMore);
}

describe(`paging, PAGING_SEED=${SEED}`, () => {
  test('C1 C4 C6 pages together equal one full scan, and Timestamp order never decreases', async () => {
    for (let run = 0; run < RUNS; run += 1) {
      const whole = wholeOf(SEED + run);
      const producer = new Producer(whole);
      const request = producer.request();
      const { ids, stamps } = await readAll(producer, request, whole);
      const where = `PAGING_SEED=${SEED + run} PAGING_RUNS=1`;
      expect([...ids].sort(), where).toEqual(producer.expected(request).sort());
      expect(byShard(ids), where).toEqual(byShard(producer.expected(request)));
      if (request.ordering === 'timestamp') expect(stamps, where).toEqual([...stamps].sort(byNumber));
    }
  });

  test('C2 every request that reaches the end of a store gives the same cursor', async () => {
    for (let run = 0; run < RUNS / 4; run += 1) {
      const whole = wholeOf(SEED + run);
      const producer = new Producer(whole);
      producer.produce(100);
      producer.dispatch(() => true);
      const cursors = new Set<string>();
      for (const ordering of ['sequence', 'timestamp'] as const) {
        let from: string | undefined;
        let hasMore = true;
        while (hasMore) {
          const filter = whole(2) === 0 ? undefined : { path: 'kind', value: 1 };
          const page = await new Poller(producer.source).poll({ limit: 1 + whole(50), from, ordering, filter });
          from = page.cursor;
          hasMore = page.hasMore;
        }
        cursors.add(from as string);
      }
      expect(cursors.size, `PAGING_SEED=${SEED + run} PAGING_RUNS=4`).toBe(1);
    }
  });

  test('C1 C5 reads that fail now and then neither skip nor repeat', async () => {
    for (let run = 0; run < RUNS / 4; run += 1) {
      const whole = wholeOf(SEED + run);
      const producer = new Producer(whole);
      producer.produce(200);
      producer.dispatch(() => true);
      producer.disturb();
      const ids: string[] = [];
      let from: string | undefined;
      for (let quiet = 0; quiet < 60; ) {
        const request = { limit: 1 + whole(50), ordering: whole(2) === 0 ? 'sequence' : 'timestamp', from } as const;
        const page = await new Poller(producer.source).poll(request).catch(transient);
        ids.push(...(page?.events ?? []).map((event) => event.id));
        quiet = (page?.events ?? []).length > 0 ? 0 : quiet + 1;
        from = page?.cursor ?? from;
      }
      expect(byShard(ids), `PAGING_SEED=${SEED + run} PAGING_RUNS=4`).toEqual(byShard(producer.expected({})));
    }
  });
});

function transient(error: unknown): undefined {
  expect(error).toMatchObject({ kind: 'Adapter', cause: { kind: 'Transient' } });
}

function byNumber(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

/** Groups by shard and keeps the order within. */
function byShard(ids: readonly string[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const id of ids) {
    const shard = id.split('/')[1] as string;
    groups[shard] ??= [];
    groups[shard].push(id);
  }
  return groups;
}
