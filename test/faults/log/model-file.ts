// One file of the model: what programs see, and what is on disk. Invariant: what was synced survives a crash; of the rest
// each 64 bytes do or do not; what a failed sync gave up does not, whatever is synced later.

/** A write; without bytes it cuts the file there. */
interface Change {
  readonly at: number;
  readonly bytes?: Uint8Array;
}

const PIECE_BYTES = 64;

export class ModelFile {
  #seen: Buffer;
  #synced: Buffer;
  #changes: Change[] = [];

  constructor(content: Uint8Array = new Uint8Array(0)) {
    this.#seen = Buffer.from(content);
    this.#synced = Buffer.from(content);
  }

  get size(): number {
    return this.#seen.length;
  }

  read(target: Uint8Array, length: number, position: number): number {
    const piece = this.#seen.subarray(position, position + length);
    target.set(piece);
    return piece.length;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#change({ at: position, bytes: Uint8Array.from(bytes) });
  }

  truncate(bytes: number): void {
    this.#change({ at: bytes });
  }

  sync(): void {
    for (const change of this.#changes) this.#synced = apply(this.#synced, change);
    this.#changes = [];
  }

  /** What was written since the last sync is seen until the crash, and gone after it; the length perhaps is not. */
  giveUp(random: () => number): void {
    const keepsLength = random() < 0.5;
    this.#changes = this.#changes.flatMap(({ at, bytes }) => {
      if (bytes === undefined) return [{ at }];
      return keepsLength ? [{ at, bytes: new Uint8Array(bytes.length) }] : [];
    });
  }

  /** The file after a crash. */
  afterCrash(random: () => number): ModelFile {
    let content: Buffer = this.#synced;
    for (const { at, bytes } of this.#changes) {
      if (bytes === undefined && random() < 0.5) content = apply(content, { at });
      for (let piece = 0; piece < (bytes?.length ?? 0); piece += PIECE_BYTES) {
        if (random() < 0.5) continue;
        content = apply(content, { at: at + piece, bytes: bytes?.subarray(piece, piece + PIECE_BYTES) as Uint8Array });
      }
    }
    return new ModelFile(content);
  }

  #change(change: Change): void {
    this.#seen = apply(this.#seen, change);
    this.#changes.push(change);
  }
}

function apply(content: Buffer, { at, bytes }: Change): Buffer {
  if (bytes === undefined) return Buffer.from(content.subarray(0, at));
  const patched = Buffer.alloc(Math.max(content.length, at + bytes.length));
  patched.set(content);
  patched.set(bytes, at);
  return patched;
}
