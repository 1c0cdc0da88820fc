// Hash slots of Redis Cluster: which node keeps a key. Source: "Redis cluster specification", key distribution model.

/** The nodes that keep ranges of slots. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly host: string;
  readonly port: number;
}

const SLOTS = 16_384;

/** The slot of a hash tag: what stands between the braces of a key. */
export function slotOf(tag: string): number {
  return crc16(Buffer.from(tag)) % SLOTS;
}

/** The masters in an answer of CLUSTER SLOTS; a node that does not name its host has the one that was asked. */
export function slotRanges(reply: unknown, asked: string): SlotRange[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((range: unknown) => {
    if (!Array.isArray(range)) return [];
    const [from, to, master] = range as unknown[];
    if (!Array.isArray(master) || typeof from !== 'number' || typeof to !== 'number') return [];
    const [host, port] = master as unknown[];
    if (typeof port !== 'number') return [];
    return [{ from, to, host: typeof host === 'string' && host !== '' && host !== '?' ? host : asked, port }];
  });
}

/** CRC-16/XMODEM, bit by bit: it is taken of a short text once a shard. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1)
      crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}
