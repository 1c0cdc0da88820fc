// Opens adapters for a case and closes them behind it, whatever happened in between.
import { ok } from 'node:assert/strict';
import type { AdapterContext, AdapterFactory } from '../../adapter/contract.ts';
import type { Bench, ConformanceSubject, OpenAdapter } from './subject.ts';

/** What the adapters are opened with. */
export const CONTEXT: AdapterContext = {
  producer: '00000000000000ff-0000000000000001',
  now: () => BigInt(Date.now()) * 1_000_000n,
  report: () => undefined,
};

/** Runs a case on a bench of its own. */
export async function onBench(subject: ConformanceSubject, run: (bench: Bench) => Promise<void>): Promise<void> {
  const factory = await subject.create();
  const opened: OpenAdapter[] = [];
  try {
    await run({
      subject,
      factory,
      open: async () => {
        const open = await openAdapter(factory);
        opened.push(open);
        return open;
      },
    });
  } finally {
    for (const each of opened) await each.close();
    await subject.dispose?.(factory);
  }
}

async function openAdapter(factory: AdapterFactory): Promise<OpenAdapter> {
  const adapter = factory.create();
  const info = await adapter.init(CONTEXT);
  ok(typeof info === 'object' && info !== null, 'init resolves to a StoreInfo');
  const { signal } = new AbortController();
  let closed: Promise<void> | undefined;
  return {
    adapter,
    signal,
    storeId: info.storeId,
    lastTimestampNs: info.lastTimestampNs,
    maxEventBytes: info.maxEventBytes,
    close: () => {
      closed ??= adapter.shutdown({ signal });
      return closed;
    },
  };
}
