// A block of memory that holds records, in the three views that reading them is fastest with: text by Buffer, numbers
// by DataView (a 64-bit one in half the time), copies by Uint8Array (a Buffer's slice makes a Buffer, at twice the cost).
// Made once for many records. Earned by `npm run bench -- poll`.

export class RecordBlock {
  readonly text: Buffer;
  readonly numbers: DataView;
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(block: Buffer) {
    // Frames never lie in shared memory.
    const { buffer, byteOffset, byteLength } = block as Buffer<ArrayBuffer>;
    this.text = block;
    this.numbers = new DataView(buffer, byteOffset, byteLength);
    this.bytes = new Uint8Array(buffer, byteOffset, byteLength);
  }
}
