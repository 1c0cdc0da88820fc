// The producer of the benchmarks of stores and brokers: one that waits, and no faster than the bus lets it.

/** Ingests so many events into a bus that blocks, and flushes. An event waits only when its ring is full. */
export async function fill(bus, count, payloads) {
  for (let nth = 0; nth < count; nth += 1) {
    const payload = payloads[nth % payloads.length];
    if (bus.tryIngestRaw(payload) === 'would-block') await bus.ingestRaw(payload);
  }
  await bus.flush();
}
