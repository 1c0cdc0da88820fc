// Every way to be refused: the kind of the error, its code, and the counter that says so.
import { describe, expect, test } from 'vitest';
import { INGESTION_REFUSALS, type RefusalCase } from './refusal-cases.ts';

describe.each(INGESTION_REFUSALS.map((each) => [each.kind, each] as const))('%s', (kind, each: RefusalCase) => {
  test('A3 is answered, thrown and counted, and the event was never ingested', async () => {
    const { bus, event, options } = await each.open();
    const before = bus.stats.toJSON();
    expect(bus.tryIngestRaw(event, options)).toBe(each.outcome);
    let error: unknown;
    try {
      bus.ingestRaw(event, options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: 'IngestionError', kind, code: each.code });
    expect(bus.ingestBatch([event], options).rejected).toEqual([{ index: 0, outcome: each.outcome }]);
    const after = bus.stats.toJSON();
    expect(after.rejectedByOutcome[each.outcome]).toBe(before.rejectedByOutcome[each.outcome] + 3);
    expect(after.eventsRejected).toBe(before.eventsRejected + 3);
    expect(after).toMatchObject({ eventsIngested: before.eventsIngested, eventsPending: before.eventsPending });
    const { eventsDispatched, eventsDropped, eventsPending, eventsIngested } = after;
    expect(eventsDispatched + eventsDropped + eventsPending).toBe(eventsIngested);
  });
});
