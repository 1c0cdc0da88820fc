// What `meshbus ingest` has read and what became of it. Invariant: every line that was read is empty, bad, or an event
// that was offered; what was offered is stored or counted as not stored.
import type { StatsSnapshot } from '../../bus/stats.ts';
import { counted, grouped, sized } from '../text.ts';

export class IngestAccount {
  lines = 0;
  empty = 0;
  bad = 0;
  /** Lines that the bus took. */
  accepted = 0;
  /** Of these, lines without a key although `--key` was given. */
  withoutKey = 0;
  bytes = 0;
  stored = 0;
  /** Accepted lines that were dropped, by reason. */
  dropped: Readonly<Record<string, number>> = {};

  get notStored(): number {
    return this.accepted - this.stored;
  }

  settle({ eventsDispatched, droppedByReason }: StatsSnapshot): void {
    this.stored = eventsDispatched;
    this.dropped = Object.fromEntries(Object.entries(droppedByReason).filter(([, count]) => count > 0));
  }

  toJSON(): Record<string, unknown> {
    const { lines, stored, bad, empty, withoutKey, notStored, dropped, bytes } = this;
    return { lines, stored, bad, empty, withoutKey, notStored, dropped, bytes };
  }

  /** One line for people. */
  text(seconds: number): string {
    const parts = [`${grouped(this.stored)} stored`, `${grouped(this.bad)} bad`];
    if (this.empty > 0) parts.push(`${grouped(this.empty)} empty`);
    if (this.notStored > 0) parts.push(`${grouped(this.notStored)} NOT stored${reasons(this.dropped)}`);
    if (this.withoutKey > 0) parts.push(`${grouped(this.withoutKey)} without a key`);
    const rate = `${sized(this.bytes)} in ${seconds.toFixed(1)} s, ${counted(this.lines / seconds, 'line')}/s`;
    return `${counted(this.lines, 'line')}: ${parts.join(', ')} (${rate})`;
  }
}

function reasons(dropped: Readonly<Record<string, number>>): string {
  const all = Object.entries(dropped).map(([reason, count]) => `${grouped(count)} ${reason}`);
  return all.length === 0 ? '' : ` (${all.join(', ')})`;
}
