// Messages as nobody should send them: valid ones with bytes changed, cut, repeated or made up, in any order and pieces.
import { byeMessage } from '../../../src/adapters/net/session/ending.ts';
import { FieldWriter } from '../../../src/adapters/net/session/fields.ts';
import { helloMessage } from '../../../src/adapters/net/session/hello.ts';
import { ADDRESSES, PING, PONG, WELCOME, WINDOW } from '../../../src/adapters/net/session/layout.ts';
import { addressesMessage } from '../../../src/adapters/net/session/told-nodes.ts';
import { helloOf } from '../../unit/adapters/net/session/pair.ts';

/** Where fuzzed messages come from. */
export class MessageFuzz {
  readonly #random: () => number;
  readonly #valid: readonly Uint8Array[];

  /** `more` are valid messages beside those of the link protocol. */
  constructor(random: () => number, more: readonly Uint8Array[] = []) {
    this.#random = random;
    this.#valid = [
      helloMessage(helloOf('a', { addresses: ['10.0.0.1:7'] })),
      helloMessage(helloOf('z', { mesh: 'other', minor: 9 })),
      new FieldWriter().u8(WELCOME).f64(1).bytes(),
      new FieldWriter().u8(WELCOME).f64(Number.NaN).bytes(),
      byeMessage('shutdown', 'bye'),
      new FieldWriter().u8(PING).f64(5).bytes(),
      new FieldWriter().u8(PONG).f64(5).bytes(),
      new FieldWriter().u8(WINDOW).f64(0).bytes(),
      new FieldWriter().u8(WINDOW).f64(Number.POSITIVE_INFINITY).bytes(),
      new FieldWriter().u8(ADDRESSES).u8(0).bytes(),
      addressesMessage([{ nodeId: 'b', addresses: ['10.0.0.2:7', 'x'] }]),
      Uint8Array.of(14, 1, 2, 3),
      Uint8Array.of(200),
      ...more,
    ];
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  /** One message, mostly wrong. */
  message(): Buffer {
    const message = Buffer.from(this.#valid[this.below(this.#valid.length)] as Uint8Array);
    switch (this.below(5)) {
      case 0:
        return message;
      case 1:
        return message.subarray(0, 1 + this.below(message.length));
      case 2:
        return Buffer.concat([message, message.subarray(this.below(message.length))]);
      case 3: {
        for (let flips = 1 + this.below(4); flips > 0; flips -= 1) {
          message[this.below(message.length)] = this.#byte();
        }
        return message;
      }
      default: {
        const made = Buffer.alloc(1 + this.below(40));
        for (let at = 0; at < made.length; at += 1) made[at] = this.#byte();
        return made;
      }
    }
  }

  /** A message with its length before it, which lies once in a while. */
  framed(): Buffer {
    const message = this.message();
    const head = Buffer.alloc(4);
    const lie = this.below(200);
    if (lie === 0) head.writeUInt32LE(this.below(2 ** 32));
    else head.writeUInt32LE(lie === 1 ? 0 : message.length);
    return Buffer.concat([head, message]);
  }

  #byte(): number {
    const edge = [0, 1, 127, 128, 255][this.below(5)] as number;
    return this.#random() < 0.5 ? edge : this.below(256);
  }
}
