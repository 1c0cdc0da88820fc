// What each flush has to say, told naively: the ends of all events accepted before the call that no flush which had
// settled before the call has told of. Invariant: it knows the ledger only, nothing of the bus.
import { deepStrictEqual, ok } from 'node:assert/strict';
import { AdapterError, type EndCounts } from '../../../src/errors/adapter-error.ts';
import { addEnds, type Ends, noEnds } from '../../../src/shard/ends.ts';
import type { EndLedger } from './end-ledger.ts';

export interface FlushCall {
  readonly targets: ReadonlyMap<number, number>;
  /** Events that had been told of at the call. */
  readonly told: ReadonlySet<string>;
  /** What it has to say, as of the moment at which it decided. */
  expected?: { readonly ends: Ends; readonly open: number };
}

export type FlushOutcome = { readonly counts: EndCounts } | { readonly error: unknown };

export class FlushModel {
  readonly #ledger: EndLedger;
  readonly #told = new Set<string>();
  settled = 0;
  rejected = 0;

  constructor(ledger: EndLedger) {
    this.#ledger = ledger;
  }

  call(targets: ReadonlyMap<number, number>): FlushCall {
    return { targets, told: new Set(this.#told) };
  }

  /** The flush decides now what it says; its caller hears of it some microtasks later. */
  decide(call: FlushCall): void {
    call.expected = this.#expected(call);
  }

  /** Checks what a flush said. */
  settle({ expected }: FlushCall, outcome: FlushOutcome): void {
    this.settled += 1;
    ok(expected !== undefined, 'a flush settled without having decided');
    const { ends, open } = expected;
    const counts = 'counts' in outcome ? outcome.counts : countsOf(outcome.error);
    const { dispatched, ...dropped } = ends;
    deepStrictEqual(counts, { dispatched, dropped });
    const failed = Object.entries(dropped).some(([reason, count]) => reason !== 'evicted' && count > 0);
    if ('counts' in outcome) {
      ok(!failed, 'a flush resolved although events were dropped against the caller’s will');
      ok(open === 0, 'a flush resolved although covered events have not ended');
    } else this.rejected += 1;
  }

  #expected(call: FlushCall): { ends: Ends; open: number } {
    const ends = noEnds();
    let open = 0;
    for (const [shard, target] of call.targets) {
      const openBefore = open;
      for (let sequence = 0; sequence < target; sequence += 1) {
        const name = `${shard}/${sequence}`;
        const end = this.#ledger.endOf(shard, sequence);
        if (end === undefined) open += 1;
        else if (!call.told.has(name)) addEnds(ends, { ...noEnds(), [end]: 1 });
        // An eviction ahead of an event that has not ended is told of again.
        if (open === openBefore) this.#told.add(name);
      }
    }
    return { ends, open };
  }
}

function countsOf(error: unknown): EndCounts {
  ok(error instanceof AdapterError, `flush rejected with what is no AdapterError: ${error}`);
  ok(error.counts !== undefined, 'the error of a flush has no counts');
  return error.counts;
}
