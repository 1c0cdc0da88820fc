// Lets the client join what it sends in memory that is used again: by itself it takes a new array for each turn, and the
// engine collects its whole heap for every hundred batches of these (docs/decisions/0018). The client has no public way: this
// looks where version 3 joins and sends, and where it finds neither, the client goes on as it is.
// Invariant: memory is used again only once the socket has said that it has written it.

interface Outbound {
  readonly buffers: Uint8Array[];
  readonly byteLength: number;
  pack: () => void;
}

interface Transport {
  /** Settles once the socket has written the frame. */
  readonly _send: (frame: Uint8Array) => Promise<unknown>;
  send: (frame: Uint8Array) => void;
}

interface Innards {
  readonly protocol?: { readonly outbound?: Partial<Outbound>; readonly transport?: Partial<Transport> };
}

/** More than this is not kept for later. */
const KEPT_BYTES = 4_194_304;
const STEP_BYTES = 65_536;

/** True when the client's parts are where they are looked for. */
export function keepWrites(connection: object): boolean {
  const { outbound, transport } = (connection as Innards).protocol ?? {};
  if (!isOutbound(outbound) || !isTransport(transport)) return false;
  const blocks = new KeptBlocks();
  outbound.pack = () => {
    const { buffers, byteLength } = outbound;
    if (buffers.length < 2) return;
    const joined = blocks.take(byteLength);
    let at = 0;
    for (const each of buffers) {
      joined.set(each, at);
      at += each.length;
    }
    buffers.length = 0;
    buffers.push(joined);
  };
  transport.send = (frame) => {
    // As the client does: a write that fails ends the connection, which tells of it.
    transport._send(frame).then(
      () => blocks.give(frame),
      () => undefined,
    );
  };
  return true;
}

class KeptBlocks {
  readonly #lent = new Set<ArrayBufferLike>();
  readonly #free: ArrayBufferLike[] = [];
  #freeBytes = 0;

  take(bytes: number): Uint8Array {
    const nth = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    // Where all are too short one goes, so that short ones don't fill the room for ever.
    const [block] = this.#free.splice(Math.max(0, nth), 1);
    this.#freeBytes -= block?.byteLength ?? 0;
    const fitting = nth < 0 ? new ArrayBuffer(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES) : (block as ArrayBufferLike);
    this.#lent.add(fitting);
    return new Uint8Array(fitting, 0, bytes);
  }

  /** Takes a frame back, if it lies in memory of this kind. */
  give({ buffer }: Uint8Array): void {
    if (!this.#lent.delete(buffer) || this.#freeBytes + buffer.byteLength > KEPT_BYTES) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.byteLength;
  }
}

function isOutbound(found: Partial<Outbound> | undefined): found is Outbound {
  return typeof found?.pack === 'function' && Array.isArray(found.buffers) && typeof found.byteLength === 'number';
}

function isTransport(found: Partial<Transport> | undefined): found is Transport {
  return typeof found?.send === 'function' && typeof found._send === 'function';
}
