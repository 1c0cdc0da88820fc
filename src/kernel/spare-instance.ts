// The kernel of a bus that was shut down, kept for the next one: V8 gives the address space of a wasm memory back
// (about 10 GiB each) only when it collects garbage, which a process that makes one bus after another does too rarely.
// Invariant: an instance has one owner, and its control area and headers are zero when it is handed out.
import { STAGING } from '../../kernel/layout.ts';
import { instantiateKernel, type KernelInstance } from './instance.ts';
import { PAGE_BYTES } from './memory-plan.ts';

/** A longer memory is left to the garbage collector: what is kept stays resident. */
const LONGEST_KEPT_BYTES = 64 * 1024 * 1024;

// One is enough for buses that follow one another, and the process is never left with more.
let spare: KernelInstance | undefined;

/** A kernel over `pages` of memory or more, as `instantiateKernel`. @throws ConfigError as that */
export function takeInstance(pages: number, maxPages: number): KernelInstance {
  const kept = spare;
  if (kept === undefined || kept.memory.buffer.byteLength < pages * PAGE_BYTES || kept.maxPages < maxPages) {
    return instantiateKernel(pages, maxPages);
  }
  spare = undefined;
  new Uint8Array(kept.memory.buffer, 0, STAGING).fill(0);
  return kept;
}

/** Takes an instance that nothing will touch again. */
export function keepInstance(instance: KernelInstance): void {
  const { byteLength } = instance.memory.buffer;
  if (byteLength > LONGEST_KEPT_BYTES || byteLength < (spare?.memory.buffer.byteLength ?? 0)) return;
  spare = instance;
}
