// A consumer that pages through a random run, and what must hold of what it got.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { EventBus } from '../../../src/bus/event-bus.ts';
import type { ConsumeResponse } from '../../../src/consume/page.ts';
import { ConsumerError } from '../../../src/errors/consumer-error.ts';

/** The payload of every event: its key, and the number of the call that ingested it. */
export interface Payload {
  readonly key: string;
  readonly call: number;
}

export class Reader {
  readonly ordering: 'sequence' | 'timestamp';
  readonly ids = new Set<string>();
  cursor: string | undefined;
  #lastNs = 0n;
  /** The last call of each key, as Timestamp order gave it. */
  readonly #calls = new Map<string, number>();
  /** By shard and producer: the sequence that has to come next. */
  readonly #next = new Map<string, number>();

  constructor(ordering: 'sequence' | 'timestamp') {
    this.ordering = ordering;
  }

  /** Reads a page; false when nothing is left to read now. A store that fails is no fault of the bus. */
  async read(bus: EventBus, limit: number): Promise<boolean> {
    let page: ConsumeResponse;
    try {
      page = await bus.poll({ limit, from: this.cursor, ordering: this.ordering });
    } catch (error) {
      ok(error instanceof ConsumerError && error.kind === 'Adapter', error as Error);
      return false;
    }
    if (page.events.length === 0 && page.gaps.length === 0 && this.ordering === 'sequence') {
      ok(!page.hasMore || page.failedShards.length > 0 || page.cursor !== this.cursor, 'more, and no progress');
    }
    this.cursor = page.cursor;
    this.#takeGaps(page);
    for (const event of page.events) this.#take(event as ConsumeResponse<Payload>['events'][number]);
    return page.hasMore;
  }

  /** C1, C5: nothing is missing that another reader of the same store got. */
  checkSame(other: Reader): void {
    deepStrictEqual([...this.ids].sort(), [...other.ids].sort());
    deepStrictEqual(new Map([...this.#next].sort()), new Map([...other.#next].sort()));
  }

  #takeGaps({ gaps }: ConsumeResponse): void {
    for (const { shard, producer, fromSequence, toSequence, count, reason } of gaps) {
      strictEqual(reason, 'dropped');
      const name = `${shard} ${producer}`;
      // A gap is told on the page whose cursor passes it, before or after the events around it.
      strictEqual(count, (toSequence as number) - (fromSequence as number) + 1);
      this.#gaps.set(name, [...(this.#gaps.get(name) ?? []), [fromSequence as number, toSequence as number]]);
    }
  }

  readonly #gaps = new Map<string, (readonly [number, number])[]>();

  #take(event: ConsumeResponse<Payload>['events'][number]): void {
    ok(!this.ids.has(event.id), `${event.id} came twice`);
    this.ids.add(event.id);
    const name = `${event.shard} ${event.producer}`;
    const next = this.#next.get(name) ?? 0;
    if (event.sequence !== next) {
      const gap = this.#gaps.get(name)?.find(([from]) => from === next);
      strictEqual(gap?.[1], event.sequence - 1, `${event.id} came where ${next} was due`);
    }
    this.#next.set(name, event.sequence + 1);
    if (this.ordering === 'sequence') return;
    ok(!event.late, `${event.id} came late`);
    ok(event.timestampNs > this.#lastNs, `${event.id} is older than the one before it`);
    this.#lastNs = event.timestampNs;
    const { key, call } = event.json();
    ok(call > (this.#calls.get(key) ?? -1), `the events of ${key} came out of order`);
    this.#calls.set(key, call);
  }
}
