// The way into a ring: read, check, stage, offer, and act on the answer. Invariants: whatever may run code of the
// caller (toJSON, getters) runs before anything is staged; an event that is refused has changed nothing.
// Hop before: EventBus.ingest and its kin; hop after: the kernel's ring, and the dispatcher when a lane must wake.
import { types } from 'node:util';
import {
  ACCEPTED_MASK,
  EVICT,
  FULL,
  HAS_KEY,
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
  /** An event entered an empty ring or made a batch full, or the oldest was evicted. */
  readonly onWake: (ring: number) => void;
}

export class Intake {
  /** Set once: everything is refused from then on. */
  closed = false;
  readonly #options: IntakeOptions;
  readonly #kernel: Kernel;
  readonly #full: number[];
  readonly #evict: number;
  #untilClock = 0;
  /** Whether the next turn of the event loop is going to have the clock read anew. */
  #turnAwaited = false;
  readonly #onTurn = (): void => {
    this.#turnAwaited = false;
    this.#untilClock = 0;
  };
  /** What `wait` needs of the event that was offered last. */
  #ring = 0;
  #payload = 0;
  #signal: AbortSignal | undefined;
  /** Why the last event was refused, where the outcome alone does not say it. */
  #detail: string | undefined;
  #cause: unknown;

  constructor(options: IntakeOptions, rings: number) {
    this.#options = options;
    this.#kernel = options.kernel;
    this.#full = new Array(rings).fill(0);
    this.#evict = offerFlags(options.policy);
  }

  /** Offers bytes as they are; an outcome of outcome.ts. */
  raw(event: unknown, options: IngestOptions | undefined): number {
    if (this.closed) return outcome.SHUTTING_DOWN;
    // Not by instanceof: of a proxy it runs code of the caller, and is true of what has no bytes.
    if (types.isUint8Array(event)) {
      const refused = this.#stageOptions(options);
      return refused === outcome.ACCEPTED ? this.#offer(this.#kernel.stage.setBytes(event)) : refused;
    }
    if (typeof event === 'string') return this.#rawText(event, options);
    return this.#rawEvent(event, options);
  }

  /** Offers a value as JSON; an outcome of outcome.ts. */
  value(event: unknown, options: IngestOptions | undefined): number {
    if (this.closed) return outcome.SHUTTING_DOWN;
    let text: string;
    let read: ReadOptions | undefined;
    try {
      text = toJsonText(jsonValueOf(event));
      if (options !== undefined) read = readOptions(options);
    } catch (error) {
      return this.#fault(error);
    }
    // toJSON or a getter may have shut the bus down, or ingested: look again, and stage only now.
    if (this.closed) return outcome.SHUTTING_DOWN;
    const refused = this.#stageMeta(read);
    return refused === outcome.ACCEPTED ? this.#offer(this.#kernel.stage.setText(text)) : refused;
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

  #stageOptions(options: IngestOptions | undefined): number {
    if (options === undefined) return this.#stageMeta(undefined);
    let read: ReadOptions;
    try {
      read = readOptions(options);
    } catch (error) {
      return this.#fault(error);
    }
    if (this.closed) return outcome.SHUTTING_DOWN;
    this.#signal = read.signal;
    return this.#kernel.stage.setMeta(read.key, read.pairs) ? outcome.ACCEPTED : this.#tooLarge(META_TOO_LARGE);
  }

  #stageMeta(read: ReadOptions | undefined): number {
    const { stage } = this.#kernel;
    if (read === undefined) {
      this.#signal = undefined;
      stage.clearMeta();
      return outcome.ACCEPTED;
    }
    this.#signal = read.signal;
    return stage.setMeta(read.key, read.pairs) ? outcome.ACCEPTED : this.#tooLarge(META_TOO_LARGE);
  }

  #rawText(text: string, options: IngestOptions | undefined): number {
    if (!text.isWellFormed()) return this.#refuse('The string holds a lone surrogate, which UTF-8 cannot write.');
    const refused = this.#stageOptions(options);
    return refused === outcome.ACCEPTED ? this.#offer(this.#kernel.stage.setText(text)) : refused;
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
    const refused = this.#stageOptions(options);
    if (refused !== outcome.ACCEPTED) return refused;
    const { stage } = this.#kernel;
    const payload = stage.setBytes(content.bytes);
    if (!content.hashed || (stage.flags & HAS_KEY) !== 0 || payload < 0) return this.#offer(payload);
    return this.#offerHashed(payload, content);
  }

  #offer(payload: number): number {
    if (payload < 0) return this.#unstaged(payload);
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
      this.#options.onWake(status & 0xff);
      return outcome.ACCEPTED;
    }
    if (status === NO_ROUTE) return outcome.UNROUTED;
    if (status === OVER) return this.#tooLarge(`its record is longer than ringBytes, ${this.#kernel.ringBytes} bytes`);
    return this.#onFull(status & ~FULL, payload);
  }

  #onFull(ring: number, payload: number): number {
    const turnedAway = this.#full[ring] as number;
    this.#full[ring] = turnedAway + 1;
    switch (whenFull(this.#options.policy, turnedAway)) {
      case 'refuse':
        return outcome.BACKPRESSURE;
      case 'skip':
        return outcome.SAMPLED;
      case 'wait':
        this.#ring = ring;
        this.#payload = payload;
        return outcome.WOULD_BLOCK;
      case 'evict':
        return this.#makeRoom(ring, payload);
    }
  }

  /** A ring that is damaged can't make room: the event is refused, and the dispatcher reports the ring. */
  #makeRoom(ring: number, payload: number): number {
    const { calls, stage } = this.#kernel;
    const status = calls.offerAgain(payload, stage.meta, stage.flags | EVICT);
    if (status > ACCEPTED_MASK) return outcome.BACKPRESSURE;
    this.#options.onWake(ring);
    return outcome.ACCEPTED;
  }

  #unstaged(length: number): number {
    if (length !== TOO_LONG) return this.#refuse('The bytes cannot be read: their buffer was transferred or resized.');
    const { maxEventBytes } = this.#kernel.stage;
    return this.#tooLarge(`its payload is longer than maxEventBytes, ${maxEventBytes} bytes`);
  }

  #tooLarge(why: string): number {
    this.#cause = undefined;
    this.#detail = `The event is too large: ${why}. Raise the option, or split the event.`;
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
