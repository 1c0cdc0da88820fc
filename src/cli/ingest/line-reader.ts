// Turns lines into events: has each line scanned once, offers its bytes to the bus, and waits only when a ring is full.
// Hop before: the line splitter; hop after: the bus, in Block mode. Invariant: the bytes of a line that is no envelope
// are stored as they are. What the scanner does not accept at once is decoded and judged by JSON.parse.
import { isUtf8 } from 'node:buffer';
import type { EventBus } from '../../bus/event-bus.ts';
import type { IngestOptions } from '../../ingest/ingest-options.ts';
import { type Enveloped, isMarked, readEnvelope } from '../envelope.ts';
import { JsonScanner, NOT_ACCEPTED } from '../json-scanner.ts';
import { printable } from '../text.ts';
import type { IngestAccount } from './account.ts';
import { KeyCache } from './key-cache.ts';
import type { KeyPath } from './key-path.ts';
import type { LineSink } from './line-splitter.ts';

const LINE_FEED = 10;
const SPACE = 32;
/** The third byte of an envelope's marker. */
const LOWER_M = 109;
const ONLY_SPACE = /^[ \t\r]*$/;
const MARK = '\ufeff';

export interface LineReaderOptions {
  readonly bus: EventBus<unknown, 'block'>;
  readonly account: IngestAccount;
  readonly key: KeyPath | undefined;
  /** Takes every line as a payload, also one that looks like an envelope. */
  readonly plain: boolean;
  readonly maxEventBytes: number;
  /** Told of every bad line. It may abort `stop`. */
  readonly onBad: (number: number, why: string) => void;
  /** Ends the reading between two lines, and the waiting for room. */
  readonly stop: AbortSignal;
}

type Payload = string | Uint8Array;

export class LineReader implements LineSink {
  readonly #options: LineReaderOptions;
  readonly #account: IngestAccount;
  readonly #scanner: JsonScanner | undefined;
  readonly #keys = new KeyCache();
  /** Looked at for every line: asking the signal costs more (bench `command`). */
  #stopped: boolean;
  /** Of this file, from 1. */
  #number = 0;

  constructor(options: LineReaderOptions) {
    this.#options = options;
    this.#account = options.account;
    this.#scanner = options.key === undefined ? new JsonScanner() : options.key.scanner();
    this.#stopped = options.stop.aborted;
    options.stop.addEventListener('abort', () => {
      this.#stopped = true;
    });
  }

  block(lines: Buffer): Promise<void> | undefined {
    return isUtf8(lines) ? this.#lines(lines, 0) : this.#byLine(lines);
  }

  line(bytes: Buffer): Promise<void> | undefined {
    if (!this.#next()) return undefined;
    if (isUtf8(bytes)) return this.#text(bytes.toString('utf8'));
    this.#bad('it is not valid UTF-8');
    return undefined;
  }

  tooLong(byteLength: number): void {
    if (this.#next()) this.#bad(this.#tooLarge(byteLength));
  }

  /** Lines up to the first that has to wait; the others after it. */
  #lines(lines: Buffer, from: number): Promise<void> | undefined {
    // Parts of a plain view are cheaper to make than parts of a Buffer.
    const bytes = new Uint8Array(lines.buffer as ArrayBuffer, lines.byteOffset, lines.length);
    for (let at = from; at < bytes.length; ) {
      if (!this.#next()) return undefined;
      let end = this.#scan(bytes, at);
      let waiting: Promise<void> | undefined;
      if (end === NOT_ACCEPTED) {
        end = lines.indexOf(LINE_FEED, at);
        waiting = this.#text(lines.toString('utf8', at, end));
      } else {
        waiting = this.#offer(bytes.subarray(at, end), this.#scannedOptions(lines));
      }
      at = end + 1;
      if (waiting !== undefined) return waiting.then(() => this.#lines(lines, at));
    }
    return undefined;
  }

  #scan(bytes: Uint8Array, at: number): number {
    if (this.#scanner === undefined || bytes[at + 2] === LOWER_M) return NOT_ACCEPTED;
    return this.#scanner.scan(bytes, at);
  }

  #scannedOptions(lines: Buffer): IngestOptions | undefined {
    if (this.#options.key === undefined || this.#scanner === undefined) return undefined;
    const { valueFrom, valueTo } = this.#scanner;
    const keyed = valueFrom < 0 ? undefined : this.#keys.keyed(lines, valueFrom, valueTo);
    if (keyed === undefined) this.#account.withoutKey += 1;
    return keyed;
  }

  #keyed(value: unknown): IngestOptions | undefined {
    const key = this.#options.key?.keyOf(value);
    if (this.#options.key !== undefined && key === undefined) this.#account.withoutKey += 1;
    return key === undefined ? undefined : { key };
  }

  async #byLine(lines: Buffer): Promise<void> {
    let at = 0;
    for (let end = lines.indexOf(LINE_FEED); end >= 0; end = lines.indexOf(LINE_FEED, at)) {
      await this.line(lines.subarray(at, end));
      at = end + 1;
    }
  }

  /** Counts a line; false when no more are wanted. */
  #next(): boolean {
    if (this.#stopped) return false;
    this.#number += 1;
    this.#account.lines += 1;
    return true;
  }

  #text(text: string): Promise<void> | undefined {
    // The mark at the start of a file says how the file is encoded; it is no part of the first line.
    const line = this.#number === 1 && text.startsWith(MARK) ? text.slice(1) : text;
    if (!(line.charCodeAt(0) > SPACE) && ONLY_SPACE.test(line)) {
      this.#account.empty += 1;
      return undefined;
    }
    return !this.#options.plain && isMarked(line) ? this.#enveloped(line) : this.#plain(line);
  }

  #plain(line: string): Promise<void> | undefined {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      this.#bad(`it is not JSON: ${printable((error as Error).message)}`);
      return undefined;
    }
    return this.#offer(line, this.#keyed(value));
  }

  #enveloped(line: string): Promise<void> | undefined {
    let read: Enveloped;
    let found: string | undefined;
    const path = this.#options.key;
    try {
      read = readEnvelope(line);
      found = path !== undefined && typeof read.payload === 'string' ? path.keyOf(JSON.parse(read.payload)) : undefined;
    } catch (error) {
      this.#bad(`it begins like an envelope, but ${printable((error as Error).message)} (see --plain)`);
      return undefined;
    }
    const key = found ?? read.key;
    if (path !== undefined && key === undefined) this.#account.withoutKey += 1;
    return this.#offer(read.payload, { key, headers: read.headers });
  }

  #offer(payload: Payload, options: IngestOptions | undefined): Promise<void> | undefined {
    const outcome = this.#options.bus.tryIngestRaw(payload, options);
    if (outcome === 'accepted') {
      this.#account.accepted += 1;
      return undefined;
    }
    if (outcome === 'too-large') {
      const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
      if (bytes > this.#options.maxEventBytes) {
        this.#bad(this.#tooLarge(bytes));
        return undefined;
      }
    }
    return this.#wait(payload, options);
  }

  /** The way of every outcome but the everyday ones: waits for room, or hears why there is none. */
  async #wait(payload: Payload, options: IngestOptions | undefined): Promise<void> {
    const { bus, stop } = this.#options;
    try {
      await bus.ingestRaw(payload, { ...options, signal: stop });
      this.#account.accepted += 1;
    } catch (error) {
      // Stopped while it waited: the line was not read, as far as the account is concerned.
      if (stop.aborted) this.#account.lines -= 1;
      else this.#bad((error as Error).message);
    }
  }

  #tooLarge(bytes: number): string {
    return `it is too large: ${bytes} bytes, and an event has at most ${this.#options.maxEventBytes}`;
  }

  #bad(why: string): void {
    this.#account.bad += 1;
    this.#options.onBad(this.#number, why);
  }
}
