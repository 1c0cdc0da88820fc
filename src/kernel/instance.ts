// One instance of the kernel over its own shared memory. Compiles the embedded module once per process.
import { ConfigError } from '../errors/config-error.ts';
import { KERNEL_BASE64 } from './binary.ts';

/** The calls of kernel/kernel.ts as the host sees them: u32 arrive as signed 32-bit numbers, u64 as bigint. */
export interface KernelCalls {
  offer(payload: number, meta: number, flags: number): number;
  offerHashed(payload: number, meta: number, flags: number, low: number, high: number): number;
  offerAgain(payload: number, meta: number, flags: number): number;
  routeStaged(payload: number, meta: number, flags: number): number;
  routeHashed(low: number, high: number): number;
  evict(ring: number): number;
  claim(ring: number, maxEvents: number, maxBytes: number): number;
  commit(ring: number, bytes: number, count: number): void;
  headStamp(ring: number): bigint;
  observe(wallMs: number): void;
  adopt(stamp: bigint): void;
  xxh64(at: number, length: number): bigint;
}

export interface KernelInstance {
  readonly memory: WebAssembly.Memory;
  /** How far the memory can grow. */
  readonly maxPages: number;
  readonly calls: KernelCalls;
}

/**
 * A kernel over `pages` of memory that can grow to `maxPages`, or not at all where the address space is too tight for
 * that. @throws ConfigError `Runtime` without WebAssembly, `Memory` when the address space does not suffice.
 */
export function instantiateKernel(pages: number, maxPages = pages): KernelInstance {
  if (typeof WebAssembly === 'undefined') {
    throw new ConfigError(
      'Runtime',
      'meshbus needs WebAssembly, which this process runs without: start it without --jitless, on Node 20.19 or later.',
    );
  }
  const growing = tryReserve(pages, maxPages);
  const memory = growing ?? reserve(pages);
  const instance = new WebAssembly.Instance(compiled(), { env: { memory } });
  const calls = instance.exports as unknown as KernelCalls;
  return { memory, calls, maxPages: growing === undefined ? pages : maxPages };
}

function tryReserve(initial: number, maximum: number): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial, maximum, shared: true });
  } catch {
    return undefined; // the caller asks for less, and says what is wrong if that fails, too
  }
}

function reserve(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    const mebibytes = Math.ceil(pages / 16);
    throw new ConfigError(
      'Memory',
      `The rings need ${mebibytes} MiB of memory, and the process has not enough address space left for them. ` +
        'Lower shards, ringCapacity, ringBytes or maxEventBytes, raise the limit (ulimit -v), or start Node with ' +
        '--disable-wasm-trap-handler, without which each bus reserves about 10 GiB of address space.',
      { cause },
    );
  }
}

// The compiled code is immutable and the same for all; compiling it per bus would cost each start a millisecond.
let moduleOnce: WebAssembly.Module | undefined;

function compiled(): WebAssembly.Module {
  moduleOnce ??= new WebAssembly.Module(Buffer.from(KERNEL_BASE64, 'base64'));
  return moduleOnce;
}
