// What the links of one node go by, checked and complete.
import type { Address } from './address.ts';
import type { Credentials } from './credentials.ts';

/** How a node reaches the others and is reached. */
export interface LinkSettings {
  /** None: the node only dials, and takes part in full. */
  readonly listen: readonly Address[];
  /** What others are told to dial; undefined: what is bound and not local. */
  readonly advertise: readonly Address[] | undefined;
  readonly peers: readonly Address[];
  readonly mesh: string;
  readonly credentials: Credentials;
  readonly discover: boolean;
  /** Whether an address that others tell may lead anywhere; undefined: unless it is local to a machine or a cable. */
  readonly isLearnable?: ((host: string) => boolean) | undefined;
  /** Tells the addresses of a name; undefined: the resolver of the system. */
  readonly resolve?: ((host: string) => Promise<readonly string[]>) | undefined;
  readonly maxPeers: number;
  /** From the connection to the link, for each half: TLS and hello. */
  readonly handshakeTimeoutMs: number;
  readonly pingMs: number;
  /** Silence that ends a link. */
  readonly silenceMs: number;
  /** TCP keep-alive; 0 for none. */
  readonly keepAliveMs: number;
  readonly reconnectBaseMs: number;
  readonly reconnectMaxMs: number;
  readonly maxHandshakes: number;
  readonly maxHandshakesPerAddress: number;
  /** What a peer may send before the first of it is worked off. */
  readonly windowBytes: number;
  /** What may wait for a peer before no more is sent to it. */
  readonly roomBytes: number;
}

/** What a node says of itself beside its settings. */
export interface LinkIdentity {
  readonly nodeId: string;
  readonly receives: boolean;
  readonly durable: boolean;
}

/** The settings but for what has no default. */
export const LINK_DEFAULTS = Object.freeze({
  listen: [],
  advertise: undefined,
  peers: [],
  mesh: 'default',
  discover: false,
  maxPeers: 64,
  handshakeTimeoutMs: 5000,
  pingMs: 1000,
  silenceMs: 5000,
  keepAliveMs: 30_000,
  reconnectBaseMs: 100,
  reconnectMaxMs: 10_000,
  maxHandshakes: 128,
  maxHandshakesPerAddress: 32,
  windowBytes: 4_194_304,
  roomBytes: 1_572_864,
}) satisfies Omit<LinkSettings, 'credentials'>;
