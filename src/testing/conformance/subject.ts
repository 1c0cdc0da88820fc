// What a conformance test is about: someone's adapter, and what it is declared to do.
import type { Adapter, AdapterCapabilities, AdapterFactory } from '../../adapter/contract.ts';

/** The methods that an adapter may leave out. */
export type OptionalMethod = 'seek' | 'prepareShard' | 'sealShard' | 'listShards' | 'watch' | 'isHealthy';

/** What the suite needs to know of an adapter. */
export interface ConformanceSubject {
  /** Begins the name of every test. */
  readonly name: string;
  /** A factory over an empty store of its own, asked for once a test. */
  readonly create: () => AdapterFactory | Promise<AdapterFactory>;
  /** Called at the end of each test, for what the store leaves behind. */
  readonly dispose?: (factory: AdapterFactory) => void | Promise<void>;
  /** What the adapter promises: it selects the tests, and the adapter must say the same. */
  readonly capabilities: AdapterCapabilities;
  /** The optional methods that it has: they select tests, and must be all that it has. */
  readonly methods: readonly OptionalMethod[];
  /** A second `create()` of the same factory finds the history of the first after its shutdown. */
  readonly reopens?: boolean;
  /** How long a wake-up may take, milliseconds. @default 5000 */
  readonly wakeUpMs?: number;
}

/** One test, for any framework: `test(each.name, each.run)`. */
export interface ConformanceTest {
  readonly name: string;
  /** Rejects with an AssertionError when the adapter breaks the contract. */
  readonly run: () => Promise<void>;
}

/** What decides whether a case is about an adapter. */
export interface CaseNeeds {
  readonly readable?: boolean;
  readonly deduplicates?: boolean;
  readonly exclusive?: boolean;
  readonly releasesBatches?: boolean;
  readonly reopens?: boolean;
  readonly method?: OptionalMethod;
}

/** One statement of the contract. */
export interface ConformanceCase {
  readonly name: string;
  readonly needs?: CaseNeeds;
  readonly run: (bench: Bench) => Promise<void>;
}

/** What a case works with; it closes what it opened. */
export interface Bench {
  readonly subject: ConformanceSubject;
  readonly factory: AdapterFactory;
  /** Opens an adapter of the factory; it is shut down at the end of the case unless the case did so. */
  open(): Promise<OpenAdapter>;
}

/** An adapter that is open, with the calls that cases make most. */
export interface OpenAdapter {
  readonly adapter: Adapter;
  /** Never aborts. */
  readonly signal: AbortSignal;
  readonly storeId: string;
  readonly lastTimestampNs: bigint | undefined;
  readonly maxEventBytes: number | undefined;
  close(): Promise<void>;
}
