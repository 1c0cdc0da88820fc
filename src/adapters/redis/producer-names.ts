// Names of producers as text, without a text per event: most events of a page have the producer of the one before.

export class ProducerNames {
  #bytes: Buffer = Buffer.alloc(0);
  #text = '';

  /** The first `end` bytes as text. */
  read(name: Buffer, end: number): string {
    if (!this.#isLast(name, end)) {
      this.#bytes = name.subarray(0, end);
      this.#text = this.#bytes.toString();
    }
    return this.#text;
  }

  #isLast(name: Buffer, end: number): boolean {
    const last = this.#bytes;
    if (last.length !== end) return false;
    // The end of a name differs first: it is random.
    for (let at = end - 1; at >= 0; at -= 1) if (last[at] !== name[at]) return false;
    return true;
  }
}
