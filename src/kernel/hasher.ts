// XXH64 of bytes outside a bus, for `RawEvent.hash`: a kernel of its own, made when first asked and grown by remaking.
import { STAGING } from '../../kernel/layout.ts';
import { instantiateKernel, type KernelInstance } from './instance.ts';
import { PAGE_BYTES } from './memory-plan.ts';

const LEAST_PAGES = 4;

// Holds no state between calls, only memory to work in: shared by all callers of this synchronous function.
let scratch: KernelInstance | undefined;

/** XXH64, seed 0. Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */
export function hashBytes(bytes: Uint8Array): bigint {
  const needed = STAGING + bytes.length;
  if (scratch === undefined || scratch.memory.buffer.byteLength < needed) {
    scratch = instantiateKernel(Math.max(LEAST_PAGES, 2 ** Math.ceil(Math.log2(needed / PAGE_BYTES))));
  }
  new Uint8Array(scratch.memory.buffer).set(bytes, STAGING);
  return BigInt.asUintN(64, scratch.calls.xxh64(STAGING, bytes.length));
}
