// What a kernel answers when its memory is another's: nothing is taken, nothing is there, nothing changes. A reader
// that was on its way when the bus shut down may still feed the clock.
import { UNROUTED } from '../../kernel/layout.ts';
import type { KernelCalls } from './instance.ts';

const refuse = (): number => UNROUTED;
const nothing = (): number => 0;
const none = (): bigint => 0n;
const ignore = (): void => undefined;

export const RETIRED_CALLS: KernelCalls = Object.freeze({
  offer: refuse,
  offerHashed: refuse,
  offerAgain: refuse,
  routeStaged: refuse,
  routeHashed: refuse,
  evict: nothing,
  claim: nothing,
  commit: ignore,
  headStamp: none,
  observe: ignore,
  adopt: ignore,
  xxh64: none,
});
