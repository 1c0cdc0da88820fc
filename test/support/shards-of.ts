// Where keys lead, found out by ingesting one small event for each.
import type { EventBus } from '../../src/bus/event-bus.ts';

export function shardOf(bus: Pick<EventBus, 'stats' | 'tryIngestRaw'>, key: string): number {
  const before = new Map(bus.stats.shards.map(({ shard, eventsIngested }) => [shard, eventsIngested]));
  const outcome = bus.tryIngestRaw('x', { key });
  const found = bus.stats.shards.find(({ shard, eventsIngested }) => eventsIngested > (before.get(shard) ?? 0));
  if (found === undefined) throw new Error(`the event of ${key} met ${outcome}`);
  return found.shard;
}

export function shardsOf(bus: Pick<EventBus, 'stats' | 'tryIngestRaw'>, keys: readonly string[]): Map<string, number> {
  return new Map(keys.map((key) => [key, shardOf(bus, key)]));
}
