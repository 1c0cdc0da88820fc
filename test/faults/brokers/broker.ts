// What the fire needs of a broker, and the settings of every bus in it. The server stands behind the proxy for those that
// write, and is asked directly about what it holds at the end.

import type { AdapterFactory } from '../../../src/adapter/contract.ts';
import { AdapterError, EventBus } from '../../../src/index.ts';
import type { ChunkTest, ReplyLoss } from '../../support/servers/tcp-proxy.ts';

/** The names of everything that is stored begin with it. */
export const PREFIX = 'fire';

export interface Broker {
  /** Its name, which is the scheme of its URLs. */
  readonly name: string;
  readonly port: number;
  /** Ends it at once, as `kill -9` does. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  adapter(url: string): AdapterFactory;
  /** The body of a module that exports the same as `open(url, prefix, packing)`; it may import from `./src/`. */
  readonly adapterCode: string;
  /** A request whose events are new, and the answer that says that they are stored. */
  readonly loss: Required<Pick<ReplyLoss, 'request' | 'reply'>>;
  /** An answer by which a repetition is known to be stored already. */
  readonly skipped: ChunkTest;
  /** What lies around an event as the server itself shows it, for whoever looks at a gap. */
  around(id: string): Promise<readonly string[]>;
  /** More to print with the figures of a run. */
  figures(): Readonly<Record<string, number>>;
}

export function urlOf({ name }: Broker, port: number): string {
  return `${name === 'jetstream' ? 'nats' : name}://127.0.0.1:${port}`;
}

/** A bus that writes through the fire. */
export async function openWriter(adapter: AdapterFactory): Promise<EventBus<unknown, 'block'>> {
  const retry = { maxDelayMs: 100 };
  for (;;) {
    try {
      return await EventBus.create({ adapter, shards: 2, backpressure: 'block', adapterTimeoutMs: 2000, retry });
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error; // Else the machine is slow: again.
    }
  }
}
