// Buses of one mesh in this process, over real sockets of loopback: what the tests of the adapter begin with. Invariant:
// every bus that was made is shut down by `close`.
import { setImmediate as turn } from 'node:timers/promises';
import type { NetFigures } from '../../../src/adapters/net/net-figures.ts';
import type { CreateOptions } from '../../../src/bus/event-bus.ts';
import type { Backpressure, EventBusOptions } from '../../../src/config/options.ts';
import { EventBus, type NetOptions, net, type StoredEvent } from '../../../src/index.ts';

export const MESH_KEY = 'k'.repeat(32);
/** Links that notice and come back soon. */
export const QUICK = { pingMs: 100, silenceMs: 500, reconnectBaseMs: 10, reconnectMaxMs: 100 } as const;

type BusOptions<M extends Backpressure> = Omit<EventBusOptions<M>, 'adapter'>;

export class MeshBuses {
  readonly #buses = new Set<EventBus>();

  /** A bus over a node; two shards unless told otherwise, and 2 s for a shutdown, which may be without enough nodes. */
  async node<const M extends Backpressure = 'drop-newest'>(
    options: NetOptions = {},
    more: BusOptions<M> = {},
    extra: CreateOptions = {},
  ): Promise<EventBus<unknown, M>> {
    const adapter = net({ psk: MESH_KEY, ...QUICK, ...options });
    const bus = await EventBus.create<unknown, M>({ shards: 2, shutdownTimeoutMs: 2000, ...more, adapter }, extra);
    this.#buses.add(bus as unknown as EventBus);
    return bus;
  }

  /** Shuts down what was made since the last time. What the shutdown of a bus tells is not looked at. */
  async close(): Promise<void> {
    const buses = [...this.#buses];
    this.#buses.clear();
    await Promise.allSettled(buses.map((bus) => bus.shutdown()));
  }
}

/** What `bus.stats.adapter` shows. */
export function figuresOf(bus: Pick<EventBus, 'stats'>): NetFigures {
  return bus.stats.adapter as unknown as NetFigures;
}

/** Where a node listens. */
export function addressOf(bus: Pick<EventBus, 'stats'>): string {
  const [address] = figuresOf(bus).listening;
  if (address === undefined) throw new Error('the node does not listen');
  return address;
}

/** All events of a bus, page after page, from a cursor on. */
export async function eventsOf(bus: Pick<EventBus, 'poll'>, from = 'earliest'): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let cursor = from; ; ) {
    const page = await bus.poll({ limit: 100_000, from: cursor });
    events.push(...page.events);
    cursor = page.cursor;
    if (!page.hasMore) return events;
    await turn(); // Over a memory, poll settles without one.
  }
}

/** The events of a bus once there are so many. */
export async function untilEvents(
  bus: Pick<EventBus, 'poll'>,
  count: number,
  withinMs = 20_000,
): Promise<StoredEvent[]> {
  const stop = AbortSignal.timeout(withinMs);
  for (;;) {
    const events = await eventsOf(bus);
    if (events.length >= count) return events;
    if (stop.aborted) throw new Error(`${events.length} events of ${count} came within ${withinMs} ms`);
    await turn();
  }
}
