// What happens to an event whose ring is full: the one place where the modes differ.
// Hop before: an offer that returned FULL and changed nothing; the event is still staged.
import { EVICT } from '../../kernel/layout.ts';

/** The mode of a bus as the ingestion acts on it. */
export type Policy = { readonly mode: 'block' | 'drop-oldest' | 'drop-newest' } | SamplePolicy;

interface SamplePolicy {
  readonly mode: 'sample';
  /** One event in so many is let in while the ring is full. */
  readonly rate: number;
}

/** evict: free the oldest and offer again. wait: in Block. The others refuse. */
export type WhenFull = 'evict' | 'refuse' | 'skip' | 'wait';

export function policyOf(backpressure: string | { readonly sample: number }): Policy {
  if (typeof backpressure === 'object') return { mode: 'sample', rate: backpressure.sample };
  return { mode: backpressure as 'block' | 'drop-oldest' | 'drop-newest' };
}

/** `turnedAway` is how many events this shard has seen with a full ring before this one. */
export function whenFull(policy: Policy, turnedAway: number): WhenFull {
  switch (policy.mode) {
    case 'block':
      return 'wait';
    case 'drop-oldest':
      return 'evict';
    case 'drop-newest':
      return 'refuse';
    case 'sample':
      return turnedAway % policy.rate === policy.rate - 1 ? 'evict' : 'skip';
  }
}

/** What goes with every offer: DropOldest lets the kernel evict at once, one call instead of three (micro bench). */
export function offerFlags(policy: Policy): number {
  return policy.mode === 'drop-oldest' ? EVICT : 0;
}
