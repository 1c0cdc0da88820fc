// Reads a message of the mesh with nothing but the tables of docs/reference/mesh-protocol.md.
import { bare, type Row } from './markdown-table.ts';

/** What a message says, by the names of its fields; a list is an array of the same. */
export type ReadFields = { [field: string]: number | string | Uint8Array | ReadFields[] };

export class MessageByPage {
  readonly #bytes: Buffer;
  #at = 1;

  /** @param message Its type stands first. */
  constructor(message: Uint8Array) {
    this.#bytes = Buffer.from(message);
  }

  /** All fields of a message. @throws Error when bytes are left over, or missing */
  read(rows: readonly Row[]): ReadFields {
    const fields = this.#fields(rows, '');
    if (this.#at !== this.#bytes.length) throw new Error(`${this.#bytes.length - this.#at} bytes are not on the page`);
    return fields;
  }

  #fields(rows: readonly Row[], prefix: string): ReadFields {
    const fields: ReadFields = {};
    for (const row of rows) {
      const name = bare(row.Field).slice(prefix.length);
      const [, type, flag] = /^(\w+)(?: if flags has (\d+))?$/.exec(bare(row.Type)) ?? [];
      if (!bare(row.Field).startsWith(prefix) || name.includes('.') || type === undefined) continue;
      if (flag !== undefined && (Number(fields.flags) & Number(flag)) === 0) continue;
      const inner = `${prefix}${name}.`;
      fields[name] = type.startsWith('list')
        ? Array.from({ length: type === 'list8' ? this.#number(1) : this.#varint() }, () => this.#fields(rows, inner))
        : this.#value(type);
    }
    return fields;
  }

  #value(type: string): number | string | Uint8Array {
    switch (type) {
      case 'u8':
        return this.#number(1);
      case 'u16':
        return this.#number(2);
      case 'u32':
        return this.#number(4);
      case 'f64':
        return this.#take(8).readDoubleLE();
      case 'varint':
        return this.#varint();
      case 'text':
        return this.#take(this.#varint()).toString();
      case 'text8':
        return this.#take(this.#number(1)).toString();
      case 'text16':
        return this.#take(this.#number(2)).toString();
      case 'rest':
        return this.#take(this.#bytes.length - this.#at);
      default:
        throw new Error(`the page names a type ${type}`);
    }
  }

  #varint(): number {
    let [value, scale, byte] = [0, 1, 0x80];
    while (byte >= 0x80) {
      byte = this.#number(1);
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
    }
    return value;
  }

  #number(bytes: number): number {
    return this.#take(bytes).readUIntLE(0, bytes);
  }

  #take(bytes: number): Buffer {
    if (this.#at + bytes > this.#bytes.length) throw new Error('the page tells of more than is there');
    this.#at += bytes;
    return this.#bytes.subarray(this.#at - bytes, this.#at);
  }
}
