// A page as it is printed without --envelope. Invariant: the same as `eventLine` for each event; where every payload is
// JSON in one line, which a scan tells without parsing, their bytes go out as they are.
import { isUtf8 } from 'node:buffer';
import type { StoredEvent } from '../../event/stored-event.ts';
import { eventLine } from '../envelope.ts';
import { JsonScanner } from '../json-scanner.ts';

const LINE_FEED = 10;
/** The third byte of an envelope's marker. */
const LOWER_M = 109;

export class PageText {
  readonly #scanner = new JsonScanner();

  /** The lines of some events, each with its \n. */
  of(events: readonly StoredEvent[]): Buffer | string {
    return this.#asStored(events) ?? events.map((event) => `${eventLine(event, false)}\n`).join('');
  }

  /** Undefined when one of them needs a form of its own. */
  #asStored(events: readonly StoredEvent[]): Buffer | undefined {
    const payloads = events.map(({ bytes }) => bytes);
    const lines = Buffer.allocUnsafe(payloads.reduce((sum, { length }) => sum + length + 1, 0));
    let at = 0;
    for (const payload of payloads) {
      lines.set(payload, at);
      at += payload.length;
      lines[at] = LINE_FEED;
      at += 1;
    }
    return isUtf8(lines) && this.#areLines(lines, payloads) ? lines : undefined;
  }

  #areLines(lines: Buffer, payloads: readonly Uint8Array[]): boolean {
    let from = 0;
    for (const { length } of payloads) {
      if (lines[from + 2] === LOWER_M || this.#scanner.scan(lines, from) !== from + length) return false;
      from += length + 1;
    }
    return true;
  }
}
