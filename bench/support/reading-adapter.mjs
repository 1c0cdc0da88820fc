// An adapter that does the least honest work: it reads one byte of each record's payload, and counts.

const RECORD_HEADER = 32;

export function readingAdapter({ workPerBatchNs = 0 } = {}) {
  const seen = { events: 0, sum: 0 };
  const adapter = {
    name: 'reading',
    capabilities: {},
    init: async () => ({ storeId: 'reading' }),
    async onBatch(batch) {
      readOneByteEach(batch, seen);
      if (workPerBatchNs > 0) spin(workPerBatchNs);
    },
    pollShard: async () => ({ records: [], next: undefined, hasMore: false }),
    tail: async () => undefined,
    flush: async () => undefined,
    shutdown: async () => undefined,
  };
  return { seen, factory: { kind: 'reading', create: () => adapter } };
}

function readOneByteEach(batch, seen) {
  const { records } = batch;
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  let at = 0;
  let sum = 0;
  for (let index = 0; index < batch.count; index += 1) {
    const payload = view.getUint32(at, true);
    const meta = view.getUint16(at + 4, true);
    sum += records[at + RECORD_HEADER + meta];
    at += (RECORD_HEADER + meta + payload + 7) & ~7;
  }
  seen.sum += sum;
  seen.events += batch.count;
}

function spin(ns) {
  const end = process.hrtime.bigint() + BigInt(ns);
  while (process.hrtime.bigint() < end);
}
