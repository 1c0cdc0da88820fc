// Events that wait for room in Block mode: first in, first out for each ring, bounded in bytes over all.
// Invariant: while a ring has waiters nothing else enters it, so nobody overtakes.

import { ACCEPTED_MASK, DUE, WAKE } from '../../kernel/layout.ts';
import type { IngestionError } from '../errors/ingestion-error.ts';
import type { Kernel } from '../kernel/kernel.ts';

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
  gone: boolean;
  readonly stopListening: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface Queue {
  readonly waiters: Waiter[];
  /** Waiters that have not given up. */
  live: number;
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
  readonly #queues = new Map<number, Queue>();
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
    const bytes = meta + payload + WAITER_BYTES;
    if (this.#bytes + bytes > maxWaitingBytes) return undefined;
    const saved = kernel.stage.save(payload);
    const hash = kernel.lastHash();
    const waiting = new Promise<void>((resolve, reject) => {
      const onAbort = (): void => this.#abort(ring, waiter, signal?.reason);
      const stopListening = (): void => signal?.removeEventListener('abort', onAbort);
      const waiter: Waiter = { saved, payload, meta, flags, hash, gone: false, stopListening, resolve, reject };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#enqueue(ring, waiter);
    });
    this.#count += 1;
    this.#bytes += bytes;
    // The caller may not look: what was refused is counted all the same, and must not end the process.
    waiting.catch(() => 'counted');
    return waiting;
  }

  /** Lets waiters in, in their order, as long as there is room. */
  admit(ring: number): void {
    const queue = this.#queues.get(ring);
    if (queue === undefined) return;
    let taken = 0;
    for (const waiter of queue.waiters) {
      if (!waiter.gone) {
        const status = this.#offer(waiter);
        if (status > ACCEPTED_MASK) break;
        queue.live -= 1;
        this.#release(waiter);
        waiter.resolve();
        if ((status & (WAKE | DUE)) !== 0) this.#options.onWake(ring);
      }
      taken += 1;
    }
    queue.waiters.splice(0, taken);
    if (queue.live === 0) this.#queues.delete(ring);
  }

  /** Refuses all waiters of a ring, or of all rings; `error` counts each. */
  reject(ring: number | undefined, error: () => IngestionError): void {
    for (const [each, queue] of this.#queues) {
      if (ring !== undefined && each !== ring) continue;
      this.#queues.delete(each);
      for (const waiter of queue.waiters) {
        if (waiter.gone) continue;
        this.#release(waiter);
        waiter.reject(error());
      }
    }
  }

  #offer({ saved, payload, meta, flags, hash }: Waiter): number {
    const { kernel } = this.#options;
    kernel.stage.restore(saved, meta, flags);
    return kernel.calls.offerHashed(payload, meta, flags, hash.low, hash.high);
  }

  #abort(ring: number, waiter: Waiter, reason: unknown): void {
    this.#release(waiter);
    this.#options.onAborted();
    waiter.reject(reason);
    const queue = this.#queues.get(ring);
    if (queue === undefined) return;
    queue.live -= 1;
    if (queue.live === 0) this.#queues.delete(ring);
  }

  #enqueue(ring: number, waiter: Waiter): void {
    const queue = this.#queues.get(ring) ?? { waiters: [], live: 0 };
    queue.waiters.push(waiter);
    queue.live += 1;
    this.#queues.set(ring, queue);
  }

  #release(waiter: Waiter): void {
    waiter.gone = true;
    waiter.stopListening();
    this.#count -= 1;
    this.#bytes -= waiter.meta + waiter.payload + WAITER_BYTES;
  }
}
