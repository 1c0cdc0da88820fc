// The way into a ring: read, check, stage, offer, and act on the answer. Invariants: whatever may run code of the
// caller (toJSON, getters) runs before anything is staged; an event that is refused has changed nothing.
// Hop before: EventBus.ingest and its kin; hop after: the kernel's ring, and the dispatcher when a lane must wake.
import { types } from 'node:util';
import {
  ACCEPTED_MASK,
  EVICT,
  EVICTED,
  FULL,
  UNROUTED as NO_ROUTE,
  TOO_LARGE as OVER,
  RECORD_HEADER_BYTES,
  WAKE,
} from '../../kernel/layout.ts';
import { IngestionError } from '../errors/ingestion-error.ts';
import { isEvent } from '../event/event.ts';
import { nameOf, refuseBytes, toJsonText } from '../event/json-text.ts';
import { type RawContent, rawContent } from '../event/raw-event.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { TOO_LONG } from '../kernel/stage.ts';
import type { Environment } from '../util/environment.ts';
import { offerFlags, type Policy, whenFull } from './backpressure.ts';
import { type IngestOptions, type ReadOptions, readOptions } from './ingest-options.ts';
import * as outcome from './outcome.ts';
import type { Waiters } from './waiters.ts';

/** Reading the clock costs more than half of an offer: it is read once for so many events, and once a turn. */
const EVENTS_PER_CLOCK_READ = 128;

const META_TOO_LARGE = 'its key and headers are longer than 65,535 bytes together';

export interface IntakeOptions {
  readonly kernel: Kernel;
  readonly policy: Policy;
  readonly waiters: Waiters;
  readonly environment: Environment;
  /** An event entered an empty ring, or made a batch full. */
  readonly onWake: (ring: number) => void;
  /**
   * An event found a ring full, by events or bytes: what is in there is due, whatever a batch could hold. Returns how
   * many events had found it full before.
   */
  readonly onFull: (ring: number) => number;
}

export class Intake {
  /** Set once: everything is refused from then on. */
  closed = false;
  readonly #options: IntakeOptions;
  readonly #kernel: Kernel;
  readonly #evict: number;
  #untilClock = 0;
  /** Whether the next turn of the event loop is going to have the clock read anew. */
  #turnAwaited = false;
  readonly #onTurn = (): void => {
    this.#turnAwaited = false;
    this.#untilClock = 0;
  };
  /** What `readOptions` has read last; undefined without options. */
  #read: ReadOptions | undefined;
  /** What `wait` needs of the event that was offered last. */
  #ring = 0;
  #payload = 0;
  #signal: AbortSignal | undefined;
  /** Why the last event was refused, where the outcome alone does not say it. */
  #detail: string | undefined;
  #cause: unknown;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#kernel = options.kernel;
    this.#evict = offerFlags(options.policy);
  }

  /** Offers bytes as they are; an outcome of outcome.ts. */
  raw(event: unknown, options: IngestOptions | undefined): number {
    if (this.closed) return outcome.SHUTTING_DOWN;
    // Not by instanceof: of a proxy it runs code of the caller, and is true of what has no bytes.
    if (types.isUint8Array(event)) {
      const refused = this.#readOptions(options);
      if (refused !== outcome.ACCEPTED) return refused;
      // The length of a subclass may be a getter that ingests: it runs before key and headers are staged.
      const read = this.#read;
      return this.#offerStaged(this.#kernel.stage.setBytes(event), read);
    }
    if (typeof event === 'string') return this.#rawText(event, options);
    return this.#rawEvent(event, options);
  }

  /** Offers a value as JSON; an outcome of outcome.ts. */
  value(event: unknown, options: IngestOptions | undefined): number {
    if (this.closed) return outcome.SHUTTING_DOWN;
    let text: string;
    try {
      text = toJsonText(jsonValueOf(event));
    } catch (error) {
      return this.#fault(error);
    }
    const refused = this.#readOptions(options);
    return refused === outcome.ACCEPTED ? this.#offerStaged(this.#kernel.stage.setText(text), this.#read) : refused;
  }

  /** Offers a RawEvent as it is and anything else as JSON; an outcome of outcome.ts. */
  either(event: unknown, options: IngestOptions | undefined): number {
    let isRaw: boolean;
    try {
      isRaw = rawContent(event) !== undefined;
    } catch (error) {
      return this.#fault(error);
    }
    return isRaw ? this.raw(event, options) : this.value(event, options);
  }

  /** After WOULD_BLOCK, and before anything else: lets the event that is still staged wait for room. */
  wait(): Promise<void> | undefined {
    return this.#options.waiters.add({ ring: this.#ring, payload: this.#payload, signal: this.#signal });
  }

  /** The error for the refusal that was returned last. */
  error(refused: number): IngestionError {
    const name = outcome.OUTCOMES[refused] as Exclude<outcome.IngestOutcome, 'accepted'>;
    if (refused !== outcome.SERIALIZATION && refused !== outcome.TOO_LARGE) return outcome.refusal(name);
    const cause = this.#cause;
    const saysItAll = cause instanceof IngestionError && cause.kind === 'Serialization';
    return saysItAll ? cause : outcome.refusal(name, this.#detail, cause);
  }

  /** Whatever of the caller's runs (toJSON before, getters here) may have shut the bus down: this looks again. */
  #readOptions(options: IngestOptions | undefined): number {
    this.#read = undefined;
    if (options !== undefined) {
      try {
        this.#read = readOptions(options);
      } catch (error) {
        return this.#fault(error);
      }
    }
    return this.closed ? outcome.SHUTTING_DOWN : outcome.ACCEPTED;
  }

  #rawText(text: string, options: IngestOptions | undefined): number {
    if (!text.isWellFormed()) return this.#refuse('The string holds a lone surrogate, which UTF-8 cannot write.');
    const refused = this.#readOptions(options);
    return refused === outcome.ACCEPTED ? this.#offerStaged(this.#kernel.stage.setText(text), this.#read) : refused;
  }

  #rawEvent(event: unknown, options: IngestOptions | undefined): number {
    let content: RawContent | undefined;
    try {
      content = rawContent(event);
    } catch (error) {
      return this.#fault(error);
    }
    if (content === undefined || !types.isUint8Array(content.bytes)) {
      return this.#refuse(`ingestRaw takes a RawEvent, a Uint8Array or a string, got ${nameOf(event)}: use ingest.`);
    }
    const refused = this.#readOptions(options);
    if (refused !== outcome.ACCEPTED) return refused;
    const payload = this.#kernel.stage.setBytes(content.bytes);
    if (!content.hashed || this.#read?.key !== undefined || payload < 0) return this.#offerStaged(payload, this.#read);
    return this.#stageMeta(this.#read) ? this.#offerHashed(payload, content) : outcome.TOO_LARGE;
  }

  /** The payload is staged: so are key and headers now, and then it is offered. */
  #offerStaged(payload: number, read: ReadOptions | undefined): number {
    if (payload < 0) return this.#unstaged(payload);
    return this.#stageMeta(read) ? this.#offer(payload) : outcome.TOO_LARGE;
  }

  #stageMeta(read: ReadOptions | undefined): boolean {
    const { stage } = this.#kernel;
    this.#signal = read?.signal;
    if (read === undefined) {
      stage.clearMeta();
      return true;
    }
    if (stage.setMeta(read.key, read.pairs)) return true;
    this.#tooLarge(META_TOO_LARGE);
    return false;
  }

  #offer(payload: number): number {
    if (--this.#untilClock < 0) this.#readClock();
    const { meta, flags } = this.#kernel.stage;
    if (this.#options.waiters.count > 0) return this.#queueBehind(payload);
    return this.#answer(this.#kernel.calls.offer(payload, meta, flags | this.#evict), payload);
  }

  #offerHashed(payload: number, { low, high }: RawContent): number {
    if (--this.#untilClock < 0) this.#readClock();
    const { calls, stage } = this.#kernel;
    if (this.#options.waiters.count > 0) return this.#behindWaiters(calls.routeHashed(low, high), payload);
    return this.#answer(calls.offerHashed(payload, stage.meta, stage.flags | this.#evict, low, high), payload);
  }

  #queueBehind(payload: number): number {
    const { calls, stage } = this.#kernel;
    return this.#behindWaiters(calls.routeStaged(payload, stage.meta, stage.flags), payload);
  }

  #behindWaiters(ring: number, payload: number): number {
    const { calls, ringBytes, stage } = this.#kernel;
    // What fits no ring must not wait for it: the offer below refuses it.
    const fits = RECORD_HEADER_BYTES + stage.meta + payload <= ringBytes;
    if (fits && ring <= ACCEPTED_MASK && this.#options.waiters.has(ring)) {
      this.#ring = ring;
      this.#payload = payload;
      return outcome.WOULD_BLOCK;
    }
    return this.#answer(calls.offerAgain(payload, stage.meta, stage.flags), payload);
  }

  /** Before the offer: the first event of a turn is not stamped with the time of an earlier one. */
  #readClock(): void {
    const { environment } = this.#options;
    this.#untilClock = EVENTS_PER_CLOCK_READ;
    this.#kernel.calls.observe(environment.wallMs());
    if (this.#turnAwaited) return;
    this.#turnAwaited = true;
    environment.soon(this.#onTurn);
  }

  #answer(status: number, payload: number): number {
    if (status < WAKE) return outcome.ACCEPTED;
    if (status <= ACCEPTED_MASK) {
      if ((status & EVICTED) !== 0) this.#options.onFull(status & 0xff);
      else this.#options.onWake(status & 0xff);
      return outcome.ACCEPTED;
    }
    if (status === NO_ROUTE) return outcome.UNROUTED;
    if (status === OVER) return this.#tooLarge(`its record is longer than ringBytes, ${this.#kernel.ringBytes} bytes`);
    return this.#onFull(status & ~FULL, payload);
  }

  #onFull(ring: number, payload: number): number {
    switch (whenFull(this.#options.policy, this.#options.onFull(ring))) {
      case 'refuse':
        return outcome.BACKPRESSURE;
      case 'skip':
        return outcome.SAMPLED;
      case 'wait':
        this.#ring = ring;
        this.#payload = payload;
        return outcome.WOULD_BLOCK;
      case 'evict':
        return this.#makeRoom(payload);
    }
  }

  /** A ring that is damaged can't make room: the event is refused, and the dispatcher reports the ring. */
  #makeRoom(payload: number): number {
    const { calls, stage } = this.#kernel;
    const status = calls.offerAgain(payload, stage.meta, stage.flags | EVICT);
    if (status > ACCEPTED_MASK) return outcome.BACKPRESSURE;
    return outcome.ACCEPTED;
  }

  #unstaged(length: number): number {
    if (length !== TOO_LONG) return this.#refuse('The bytes cannot be read: their buffer was transferred or resized.');
    const { maxEventBytes, refusedBytes } = this.#kernel.stage;
    const limit = `at most ${maxEventBytes} fit (maxEventBytes, or what the store takes)`;
    return this.#tooLarge(`its payload has ${refusedBytes} bytes, and ${limit}`);
  }

  #tooLarge(why: string): number {
    this.#cause = undefined;
    this.#detail = `The event is too large: ${why}. Raise the limit, or split the event.`;
    return outcome.TOO_LARGE;
  }

  #refuse(message: string): number {
    this.#cause = undefined;
    this.#detail = message;
    return outcome.SERIALIZATION;
  }

  /** What a getter or toJSON of the caller threw is the cause; our own errors say it all. */
  #fault(error: unknown): number {
    this.#cause = error;
    this.#detail = 'Reading the event or its options threw.';
    return outcome.SERIALIZATION;
  }
}

/** The value of an Event, or the value itself. @throws IngestionError `Serialization` for bytes and RawEvents. */
function jsonValueOf(event: unknown): unknown {
  if (typeof event !== 'object' || event === null) return event;
  // Nearly every event is a plain object: one comparison instead of four tests (`ingestObject` in the micro bench).
  if (Object.getPrototypeOf(event) === Object.prototype) return event;
  const value = isEvent(event) ? event.value : event;
  refuseBytes(value);
  if (rawContent(value) !== undefined) {
    throw new IngestionError('Serialization', 'ingest takes a JSON value, got a RawEvent: use ingestRaw.');
  }
  return value;
}
