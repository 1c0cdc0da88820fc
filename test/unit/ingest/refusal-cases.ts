// For each kind of IngestionError a bus that refuses with it, and the event to try.
import type { EventBus } from '../../../src/bus/event-bus.ts';
import type { IngestionErrorKind } from '../../../src/errors/ingestion-error.ts';
import type { IngestOptions } from '../../../src/ingest/ingest-options.ts';
import type { IngestOutcome } from '../../../src/ingest/outcome.ts';
import { feed, type OpenBus, openBus, TIMEOUT_MS } from '../../support/open-bus.ts';

type Refusal = Exclude<IngestOutcome, 'accepted'>;

export interface RefusalCase {
  readonly kind: IngestionErrorKind;
  readonly code: string;
  readonly outcome: Refusal;
  readonly open: () => Promise<{ bus: EventBus<unknown, 'drop-newest'>; event: string; options?: IngestOptions }>;
}

function ready({ bus }: OpenBus, event: string, options?: IngestOptions) {
  const narrow = bus as unknown as EventBus<unknown, 'drop-newest'>;
  return options === undefined ? { bus: narrow, event } : { bus: narrow, event, options };
}

function refusal(kind: IngestionErrorKind, outcome: Refusal, open: RefusalCase['open']): RefusalCase {
  const code = `EBUS_${outcome.replace('-', '_').toUpperCase()}`;
  return { kind, code, outcome, open };
}

export const INGESTION_REFUSALS: readonly RefusalCase[] = [
  refusal('Backpressure', 'backpressure', async () => {
    const open = await openBus({ backpressure: 'drop-newest', ringCapacity: 1 });
    open.bus.ingestRaw('x');
    return ready(open, 'x');
  }),
  refusal('Sampled', 'sampled', async () => {
    const open = await openBus({ backpressure: { sample: 100 }, ringCapacity: 1 });
    open.bus.ingestRaw('x');
    return ready(open, 'x');
  }),
  refusal('Unrouted', 'unrouted', async () => {
    const open = await openBus();
    await feed(open, 1);
    await open.environment.advance(2 * TIMEOUT_MS + 1); // the adapter ignores its signal: the lane is wedged
    return ready(open, 'x');
  }),
  refusal('ShuttingDown', 'shutting-down', async () => {
    const open = await openBus();
    void open.bus.shutdown();
    return ready(open, 'x');
  }),
  refusal('Serialization', 'serialization', async () => ready(await openBus(), 'x', { key: '\ud800' })),
  refusal('TooLarge', 'too-large', async () => ready(await openBus({ maxEventBytes: 64 }), 'x'.repeat(65))),
];
