// What a URL on the command line names: a store that can be opened. Hop before: store-url.ts; hop after: the commands.
import type { AdapterFactory } from '../adapter/contract.ts';
import type { InspectOptions, StoreFault } from '../adapter/store-fault.ts';

/** What a URL names. */
export interface Store {
  /** As it was typed, without a password or token. */
  readonly url: string;
  readonly scheme: string;
  /** The adapter, for a bus that ingests or for one that only reads. */
  open(use: 'write' | 'read'): AdapterFactory;
  /** What is wrong with the store at rest; `repair` sets right what can be set right. */
  inspect?(options: InspectOptions): Promise<readonly StoreFault[]>;
  /** `inspect` can repair something. */
  readonly repairs?: boolean;
}
