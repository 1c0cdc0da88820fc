// The way into a ring: read, check, stage, offer, and act on the answer. Invariants: whatever may run code of the
// caller (toJSON, getters) runs before anything is staged; an event that is refused has changed nothing.
// Hop before: EventBus.ingest and its kin; hop after: the kernel's ring, and the dispatcher when a lane must wake.
import { types } from 'node:util';
import { ACCEPTED_MASK, EVICT, FULL, UNROUTED as NO_ROUTE, TOO_LARGE as OVER, WAKE } from '../../kernel/layout.ts';
import { IngestionError } from '../errors/ingestion-error.ts';
import { isEvent } from '../event/event.ts';
import { nameOf, toJsonText } from '../event/json-text.ts';
import { type RawContent, rawContent } from '../event/raw-event.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Environment } from '../util/environment.ts';
import { offerFlags, type Policy, whenFull } from './backpressure.ts';
import { type IngestOptions, type ReadOptions, readOptions } from './ingest-options.ts';
import * as outcome from './outcome.ts';
import type { Waiters } from './waiters.ts';

/** Reading the clock costs more than half of an offer: it is read once for so many events, and once a turn. */
const EVENTS_PER_CLOCK_READ = 128;

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
  #ring = 0;
  #payload = 0;
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
    const stage = this.#kernel.stage;
    if (options === undefined) stage.clearMeta();
    else {
      const refused = this.#stageOptions(options);
      if (refused !== outcome.ACCEPTED) return refused;
    }
    if (event instanceof Uint8Array) return this.#offer(stage.setBytes(event));
    if (typeof event === 'string') return this.#rawText(event);
    const content = rawContent(event);
    if (content !== undefined) return this.#rawContent(content);
    if (types.isUint8Array(event)) return this.#offer(stage.setBytes(event));
    return this.#refuse(`ingestRaw takes a RawEvent, a Uint8Array or a string, got ${nameOf(event)}: use ingest.`);
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
    if (read === undefined) this.#kernel.stage.clearMeta();
    else if (!this.#kernel.stage.setMeta(read.key, read.pairs)) return this.#tooLarge('key and headers');
    return this.#offer(this.#kernel.stage.setText(text));
  }

  /** After WOULD_BLOCK, and before anything else: lets the event that is still staged wait for room. */
  wait(signal: AbortSignal | undefined): Promise<void> | undefined {
    return this.#options.waiters.add({ ring: this.#ring, payload: this.#payload, signal });
  }

  /** The error for the refusal that was returned last. */
  error(refused: number): IngestionError {
    const name = outcome.OUTCOMES[refused] as Exclude<outcome.IngestOutcome, 'accepted'>;
    if (refused !== outcome.SERIALIZATION && refused !== outcome.TOO_LARGE) return outcome.refusal(name);
    const cause = this.#cause;
    return cause instanceof IngestionError ? cause : outcome.refusal(name, this.#detail, cause);
  }

  #stageOptions(options: IngestOptions): number {
    let read: ReadOptions;
    try {
      read = readOptions(options);
    } catch (error) {
      return this.#fault(error);
    }
    if (this.closed) return outcome.SHUTTING_DOWN;
    return this.#kernel.stage.setMeta(read.key, read.pairs) ? outcome.ACCEPTED : this.#tooLarge('key and headers');
  }

  #rawText(text: string): number {
    if (!text.isWellFormed()) return this.#refuse('The string holds a lone surrogate, which UTF-8 cannot write.');
    return this.#offer(this.#kernel.stage.setText(text));
  }

  #rawContent(content: RawContent): number {
    const stage = this.#kernel.stage;
    const payload = stage.setBytes(content.bytes);
    if (!content.hashed || stage.flags !== 0 || payload < 0) return this.#offer(payload);
    return this.#offerHashed(payload, content);
  }

  #offer(payload: number): number {
    if (payload < 0) return this.#tooLarge('payload');
    const { meta, flags } = this.#kernel.stage;
    if (this.#options.waiters.count > 0) return this.#queueBehind(payload);
    return this.#answer(this.#kernel.calls.offer(payload, meta, flags | this.#evict), payload);
  }

  #offerHashed(payload: number, { low, high }: RawContent): number {
    const { calls, stage } = this.#kernel;
    if (this.#options.waiters.count > 0) return this.#behindWaiters(calls.routeHashed(low, high), payload);
    return this.#answer(calls.offerHashed(payload, stage.meta, stage.flags | this.#evict, low, high), payload);
  }

  #queueBehind(payload: number): number {
    const { calls, stage } = this.#kernel;
    return this.#behindWaiters(calls.routeStaged(payload, stage.meta, stage.flags), payload);
  }

  #behindWaiters(ring: number, payload: number): number {
    const { calls, stage } = this.#kernel;
    if (ring <= ACCEPTED_MASK && this.#options.waiters.has(ring)) {
      this.#ring = ring;
      this.#payload = payload;
      return outcome.WOULD_BLOCK;
    }
    return this.#answer(calls.offerAgain(payload, stage.meta, stage.flags), payload);
  }

  #answer(status: number, payload: number): number {
    if (--this.#untilClock < 0) {
      this.#untilClock = EVENTS_PER_CLOCK_READ;
      this.#kernel.calls.observe(this.#options.environment.wallMs());
    }
    if (status < WAKE) return outcome.ACCEPTED;
    if (status <= ACCEPTED_MASK) {
      this.#options.onWake(status & 0xff);
      return outcome.ACCEPTED;
    }
    if (status === NO_ROUTE) return outcome.UNROUTED;
    if (status === OVER) return this.#tooLarge('payload');
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

  #tooLarge(what: 'payload' | 'key and headers'): number {
    const { maxEventBytes } = this.#kernel.stage;
    this.#cause = undefined;
    this.#detail =
      what === 'payload'
        ? `The payload is longer than maxEventBytes, ${maxEventBytes} bytes: raise the option, or split the event.`
        : 'Routing key and headers are longer than 65,535 bytes together.';
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

/** The value of an Event, or the value itself. @throws IngestionError `Serialization` for bytes. */
function jsonValueOf(event: unknown): unknown {
  if (typeof event !== 'object' || event === null) return event;
  // Nearly every event is a plain object: one comparison instead of four tests (`ingestObject` in the micro bench).
  if (Object.getPrototypeOf(event) === Object.prototype) return event;
  if (isEvent(event)) return event.value;
  if (rawContent(event) !== undefined || ArrayBuffer.isView(event) || types.isAnyArrayBuffer(event)) {
    throw new IngestionError(
      'Serialization',
      `ingest takes a JSON value, got ${nameOf(event)}: use ingestRaw for bytes.`,
    );
  }
  return event;
}
