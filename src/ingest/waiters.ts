// Events that wait for room in Block mode: first in, first out for each ring, bounded in bytes over all.
// Invariant: while a ring has waiters nothing else enters it, so nobody overtakes.

import { ACCEPTED_MASK, DUE, WAKE } from '../../kernel/layout.ts';
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
      const waiter: Waiter = { ...event, stopListening: () => undefined, resolve, reject };
      this.#enqueue(ring, waiter);
      if (signal !== undefined) this.#heed(signal, ring, waiter);
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
      this.#leave(ring, waiter);
      waiter.resolve();
      if ((status & (WAKE | DUE)) !== 0) this.#options.onWake(ring);
    }
  }

  /** Refuses all waiters of a ring, or of all rings; `error` counts each. */
  reject(ring: number | undefined, error: () => IngestionError): void {
    for (const [each, queue] of this.#queues) {
      if (ring !== undefined && each !== ring) continue;
      for (const waiter of queue) {
        this.#leave(each, waiter);
        waiter.reject(error());
      }
    }
  }

  /** The signal may have aborted while the event was read: then the waiter leaves at once. */
  #heed(signal: AbortSignal, ring: number, waiter: Waiter): void {
    try {
      waiter.stopListening = this.#aborts.add(signal, () => this.#abort(ring, waiter, signal.reason));
    } catch (error) {
      this.#abort(ring, waiter, error); // what looked like a signal is none
    }
  }

  #offer({ saved, payload, meta, flags, hash }: Waiter): number {
    const { kernel } = this.#options;
    kernel.stage.restore(saved, meta, flags);
    return kernel.calls.offerHashed(payload, meta, flags, hash.low, hash.high);
  }

  #abort(ring: number, waiter: Waiter, reason: unknown): void {
    if (!this.#leave(ring, waiter)) return;
    this.#options.onAborted();
    waiter.reject(reason);
    // Those behind it may be smaller, and fit.
    this.admit(ring);
  }

  #enqueue(ring: number, waiter: Waiter): void {
    const queue = this.#queues.get(ring) ?? new Set();
    queue.add(waiter);
    this.#queues.set(ring, queue);
    this.#count += 1;
    this.#bytes += bytesOf(waiter);
  }

  /** False when it had left already. */
  #leave(ring: number, waiter: Waiter): boolean {
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
