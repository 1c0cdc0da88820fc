// Everything that is stored, straight from the server. Invariant: no gap is passed over; one is an error that shows what
// lies around it.
import { EventBus, type StoredEvent } from '../../../src/index.ts';
import { type Broker, urlOf } from './broker.ts';

export async function readAll(broker: Broker): Promise<StoredEvent[]> {
  const bus = await EventBus.create({ adapter: broker.adapter(urlOf(broker, broker.port)) });
  const events: StoredEvent[] = [];
  for (let from: string | undefined; ; ) {
    const page = await bus.poll({ limit: 50_000, ...(from === undefined ? {} : { from }) });
    if (page.gaps.length + page.failedShards.length > 0) {
      const scene = { gaps: page.gaps, failed: page.failedShards, ...(await sceneOf(broker, events, page.events)) };
      throw new Error(`There is a gap: ${JSON.stringify(scene, null, 1)}`);
    }
    events.push(...page.events);
    from = page.cursor;
    if (page.hasMore) continue;
    await bus.shutdown();
    return events;
  }
}

/** The numbers of each producer's events, as they are stored. */
export function numbersOf(events: readonly StoredEvent[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const event of events) {
    const [name = '', number] = event.text().split(':');
    const known = numbers.get(name) ?? [];
    known.push(Number(number));
    numbers.set(name, known);
  }
  return numbers;
}

/** By producer the last event before a gap and the first one of its page, and what lies around them in the store. */
async function sceneOf(broker: Broker, before: readonly StoredEvent[], after: readonly StoredEvent[]): Promise<object> {
  const last = new Map(before.map((event) => [laneOf(event), `${event.id} ${event.text()}`]));
  const first = new Map([...after].reverse().map((event) => [laneOf(event), event]));
  const around: Record<string, readonly string[]> = {};
  for (const { id } of first.values()) around[id] = await broker.around(id);
  const began = [...first.values()].map((event) => `${event.id} ${event.text()}`);
  return { before: [...last.values()], after: began, around };
}

function laneOf({ id }: StoredEvent): string {
  return id.slice(0, id.lastIndexOf('/'));
}
