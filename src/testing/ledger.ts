// What a test ingested against what it polled back. Invariant: an event is known by the number in its payload, so
// that the ledger needs no help from the bus to tell one from another.
import { deepStrictEqual, ok } from 'node:assert/strict';

/** What the ledger looks at of a polled event. */
export interface SeenEvent {
  readonly shard: number;
  readonly producer: string;
  readonly sequence: number;
  readonly key?: string | undefined;
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly payload: string;
  readonly key: string | undefined;
  seen: boolean;
}

/**
 * Makes distinct payloads, and checks that what comes back is them, once and in order.
 *
 * @example
 * ```ts
 * const bus = await EventBus.create({ adapter: memory() });
 * const ledger = new Ledger();
 * const payload = ledger.make('session-1');
 * bus.ingestRaw(payload, { key: 'session-1' });
 * await bus.flush();
 * for (const event of (await bus.poll({ limit: 10 })).events) ledger.see(event);
 * ledger.assertComplete();
 * ```
 */
export class Ledger {
  readonly #entries: Entry[] = [];
  readonly #refused = new Set<number>();
  readonly #lastSequences = new Map<string, number>();
  readonly #lastOfKeys = new Map<string, number>();
  #seen = 0;

  /** A new payload, JSON of at least `bytes` bytes, for one call of `ingest`. */
  make(key?: string, bytes = 0): string {
    const bare = `{"n":${this.#entries.length}`;
    const fill = bytes - bare.length - ',"fill":""}'.length;
    const payload = fill >= 0 ? `${bare},"fill":"${'x'.repeat(fill)}"}` : `${bare}}`;
    this.#entries.push({ payload, key, seen: false });
    return payload;
  }

  /** Takes a payload back that the bus refused: it must never come. */
  refuse(payload: string): void {
    this.#refused.add(numberOf(payload));
  }

  /** Payloads that were made and not refused. */
  get accepted(): number {
    return this.#entries.length - this.#refused.size;
  }

  /** Events that came back. */
  get seen(): number {
    return this.#seen;
  }

  /** Accepted events that have not come back. */
  get missing(): number {
    return this.accepted - this.#seen;
  }

  /**
   * Enters an event that was polled in stored order.
   * @throws AssertionError when it is unknown, altered, refused, repeated, or out of its producer's or key's order
   */
  see(event: SeenEvent): void {
    const text = Buffer.from(event.bytes).toString();
    const number = numberOf(text);
    const entry = this.#entries[number];
    ok(entry !== undefined, `nobody made the event ${text.slice(0, 80)}`);
    ok(!this.#refused.has(number), `event ${number} was refused, and came back`);
    ok(!entry.seen, `event ${number} came back twice`);
    deepStrictEqual({ key: event.key, text }, { key: entry.key, text: entry.payload });
    entry.seen = true;
    this.#seen += 1;
    rise(this.#lastSequences, `${event.producer}/${event.shard}`, event.sequence);
    if (event.key !== undefined) rise(this.#lastOfKeys, event.key, number);
  }

  /** @throws AssertionError unless all accepted events came back, but for `missing` of them */
  assertComplete(missing = 0): void {
    const first = this.#entries.findIndex((entry, number) => !entry.seen && !this.#refused.has(number));
    ok(this.missing === missing, `${this.missing} events are missing, not ${missing}; the first is ${first}`);
  }
}

function numberOf(payload: string): number {
  const number = /^\{"n":(\d+)[,}]/.exec(payload)?.[1];
  ok(number !== undefined, `no payload of the ledger: ${payload.slice(0, 80)}`);
  return Number(number);
}

function rise(lasts: Map<string, number>, name: string, value: number): void {
  const last = lasts.get(name);
  ok(last === undefined || value > last, `${name}: ${value} came after ${last}`);
  lasts.set(name, value);
}
