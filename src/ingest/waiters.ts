// Events that wait for room in Block mode: first in, first out for each ring, bounded in bytes over all.
// Invariant: while a ring has waiters nothing else enters it, so nobody overtakes.

import { ACCEPTED_MASK, DUE, UNROUTED, WAKE } from '../../kernel/layout.ts';
import type { IngestionError } from '../errors/ingestion-error.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { AbortFan } from '../util/abort-fan.ts';

/** What a waiter needs beside its event, which is staged when it is added. */
export interface WaitRequest {
  readonly ring: number;
  readonly payload: number;
  readonly signal: AbortSignal | undefined;
}

interface Waiter {
  /** Rises from waiter to waiter: who came first. */
  readonly order: number;
  /** The ring whose queue it stands in; changes when its slot moves. */
  ring: number;
  readonly saved: Uint8Array;
  readonly payload: number;
  readonly meta: number;
  readonly flags: number;
  readonly hash: { readonly low: number; readonly high: number };
  stopListening: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What a waiter costs beside its bytes. */
const WAITER_BYTES = 256;

export interface WaitersOptions {
  readonly kernel: Kernel;
  readonly maxWaitingBytes: number;
  /** An event entered an empty ring, or made a batch full. */
  readonly onWake: (ring: number) => void;
  /** A waiter gave up: it is counted as refused. */
  readonly onAborted: () => void;
}

export class Waiters {
  readonly #options: WaitersOptions;
  /** By ring, in their order. A set, so that one that gives up leaves nothing behind. */
  readonly #queues = new Map<number, Set<Waiter>>();
  readonly #aborts = new AbortFan();
  #count = 0;
  #bytes = 0;
  #order = 0;

  constructor(options: WaitersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  has(ring: number): boolean {
    return this.#queues.has(ring);
  }

  /** Lets the staged event wait; undefined when too much waits already. */
  add({ ring, payload, signal }: WaitRequest): Promise<void> | undefined {
    const { kernel, maxWaitingBytes } = this.#options;
    const { meta, flags } = kernel.stage;
    if (this.#bytes + bytesOf({ meta, payload }) > maxWaitingBytes) return undefined;
    const event = { saved: kernel.stage.save(payload), payload, meta, flags, hash: kernel.lastHash() };
    const waiting = new Promise<void>((resolve, reject) => {
      const order = this.#order++;
      const waiter: Waiter = { ...event, order, ring, stopListening: () => undefined, resolve, reject };
      this.#enqueue(waiter);
      this.#count += 1;
      this.#bytes += bytesOf(waiter);
      if (signal !== undefined) this.#heed(signal, waiter);
    });
    // The caller may not look: what was refused is counted all the same, and must not end the process.
    waiting.catch(() => 'counted');
    return waiting;
  }

  /** Lets waiters in, in their order, as long as there is room. */
  admit(ring: number): void {
    const queue = this.#queues.get(ring);
    if (queue === undefined) return;
    for (const waiter of queue) {
      const status = this.#offer(waiter);
      if (status > ACCEPTED_MASK) break;
      this.#leave(waiter);
      waiter.resolve();
      if ((status & (WAKE | DUE)) !== 0) this.#options.onWake(ring);
    }
  }

  /**
   * The routes have changed: everyone stands where its key leads now, in the order in which they came, and those for
   * whom there is room are let in before anything else is offered. `unrouted` makes the error for a key that leads
   * nowhere, and counts it.
   */
  reroute(unrouted: () => IngestionError): void {
    if (this.#count === 0) return;
    const all = [...this.#queues.values()].flatMap((queue) => [...queue]).sort((a, b) => a.order - b.order);
    const { calls } = this.#options.kernel;
    // Emptied, too: a signal that is not Node's own may run code of the caller while one of them is gone through.
    for (const queue of this.#queues.values()) queue.clear();
    this.#queues.clear();
    for (const waiter of all) {
      waiter.ring = calls.routeHashed(waiter.hash.low, waiter.hash.high);
      this.#enqueue(waiter);
    }
    this.reject(UNROUTED, unrouted);
    for (const ring of [...this.#queues.keys()]) this.admit(ring);
  }

  /** Refuses all waiters of a ring, or of all rings; `error` counts each. */
  reject(ring: number | undefined, error: () => IngestionError): void {
    for (const [each, queue] of this.#queues) {
      if (ring !== undefined && each !== ring) continue;
      for (const waiter of queue) {
        this.#leave(waiter);
        waiter.reject(error());
      }
    }
  }

  /** The signal may have aborted while the event was read: then the waiter leaves at once. */
  #heed(signal: AbortSignal, waiter: Waiter): void {
    try {
      waiter.stopListening = this.#aborts.add(signal, () => this.#abort(waiter, signal.reason));
    } catch (error) {
      this.#abort(waiter, error); // what looked like a signal is none
    }
  }

  #offer({ saved, payload, meta, flags, hash }: Waiter): number {
    const { kernel } = this.#options;
    kernel.stage.restore(saved, meta, flags);
    return kernel.calls.offerHashed(payload, meta, flags, hash.low, hash.high);
  }

  #abort(waiter: Waiter, reason: unknown): void {
    if (!this.#leave(waiter)) return;
    this.#options.onAborted();
    waiter.reject(reason);
    // Those behind it may be smaller, and fit.
    this.admit(waiter.ring);
  }

  #enqueue(waiter: Waiter): void {
    const queue = this.#queues.get(waiter.ring) ?? new Set();
    queue.add(waiter);
    this.#queues.set(waiter.ring, queue);
  }

  /** False when it had left already. */
  #leave(waiter: Waiter): boolean {
    const { ring } = waiter;
    const queue = this.#queues.get(ring);
    if (!queue?.delete(waiter)) return false;
    if (queue.size === 0) this.#queues.delete(ring);
    this.#count -= 1;
    this.#bytes -= bytesOf(waiter);
    waiter.stopListening();
    return true;
  }
}

function bytesOf({ meta, payload }: { readonly meta: number; readonly payload: number }): number {
  return meta + payload + WAITER_BYTES;
}
