// Blocks whose records retention took and that no reader has seen, kept for new records: so a store that is at its bounds
// makes no garbage and touches no fresh memory. Invariant: a block in the pool belongs to nobody.

/** Free blocks beyond these go back to the system, the oldest first. */
const MOST_BYTES = 8_388_608;
const MOST_BLOCKS = 128;
/** A shorter one is not worth its place. */
const LEAST_BYTES = 4096;
/** A block serves records that fill it but for this part. */
const WASTE_PART = 8;

export class BlockPool {
  readonly #free: Buffer<ArrayBuffer>[] = [];
  #bytes = 0;

  /** A block of `bytes` or little more; what is in it means nothing. */
  take(bytes: number): Buffer<ArrayBuffer> {
    const most = bytes + bytes / WASTE_PART;
    const nth = this.#free.findIndex(({ length }) => length >= bytes && length <= most);
    if (nth < 0) return Buffer.allocUnsafeSlow(bytes) as Buffer<ArrayBuffer>;
    const [block] = this.#free.splice(nth, 1) as [Buffer<ArrayBuffer>];
    this.#bytes -= block.length;
    return block;
  }

  /** Takes back a block that nobody else can reach. */
  give(block: Buffer<ArrayBuffer>): void {
    if (block.length < LEAST_BYTES || block.length > MOST_BYTES) return;
    this.#free.push(block);
    this.#bytes += block.length;
    while (this.#bytes > MOST_BYTES || this.#free.length > MOST_BLOCKS)
      this.#bytes -= (this.#free.shift() as Buffer<ArrayBuffer>).length;
  }
}
