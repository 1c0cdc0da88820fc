// Where replication and the sessions meet: a link to one peer that has proven itself and said hello. Invariant: what goes
// through it are whole messages in order; the session has taken out its own (hello, ping, pong, bye, window: types below
// 16). Before it: sockets and the session. After it: the replication.

/** The first byte of a message is its type; types below this one belong to the session. */
export const FIRST_REPLICATION_TYPE = 16;

/** The longest message of either kind, its type included, in bytes: one event of the longest kind and its frame. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024 + 256 * 1024;

/** Who is on the other side, as its hello told. */
export interface Peer {
  /** Names this start of the node: the producer of its bus. Never the own one. 1 to 256 bytes of UTF-8. */
  readonly nodeId: string;
  /** Where it is reached, for people: `host:port`, or the remote address when it does not listen. */
  readonly address: string;
  /** Takes streams; false for a producer at the edge. */
  readonly receives: boolean;
  /** What it says that it has survives the end of its process. */
  readonly durable: boolean;
}

/** One link that is up. After `onDown` every call is harmless and does nothing. */
export interface PeerLink {
  /** Unique among all links of the process, never used again. */
  readonly id: number;
  readonly peer: Peer;
  /** The longest message that may be sent, type included, in bytes. */
  readonly maxMessageBytes: number;
  /**
   * Sends one message, or one that ends with `body`, which so needs not be put together before. The bytes are copied. The
   * order of messages is kept. Sending never blocks; short messages may be sent whatever `writable` says.
   */
  send(message: Uint8Array, body?: Uint8Array): void;
  /** Bytes that may be sent now. A long message may be sent while this is above 0, and may go past it once. */
  writable(): number;
  /**
   * Tells that received messages of so many bytes in all are worked off: the peer may send as many more. `memory` is one of
   * them that nobody will read again: its memory takes another message.
   */
  release(bytes: number, memory?: Uint8Array<ArrayBuffer>): void;
  /** Cuts off a peer that broke the protocol, with the reason; `onDown` follows. */
  breach(reason: string): void;
}

/** What the replication hears of links. Calls come one at a time and never within a call of a link's own methods. */
export interface PeerLinkListener {
  /** The link can be used from now on. Two links never have the same `nodeId` at a time: the session has settled that. */
  onUp(link: PeerLink): void;
  /**
   * A message of type 16 or above, at most `MAX_MESSAGE_BYTES` long. The bytes are the listener's to keep, unless it gives
   * them back: they share no memory with others. They count against the peer's window until `release`.
   */
  onMessage(link: PeerLink, message: Uint8Array<ArrayBuffer>): void;
  /** `writable` rose above 0 again. */
  onWritable(link: PeerLink): void;
  /** The link is gone for good. */
  onDown(link: PeerLink, reason: string): void;
}
