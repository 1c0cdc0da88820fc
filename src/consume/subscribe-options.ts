// What a consumer asks of `subscribe`, and its validation. The hop after: subscription.ts.
import type { Gap } from '../adapter/contract.ts';
import { ConsumerError } from '../errors/consumer-error.ts';
import { nameOf } from '../event/json-text.ts';
import type { StartPoint } from './consume-request.ts';
import type { Filter } from './filter.ts';
import type { FilterJson } from './filter-node.ts';
import type { Ordering } from './ordering.ts';
import { knownOptions, type PollPlan, planWithLimit } from './poll-plan.ts';

const DEFAULT_PAGE_SIZE = 512;
const KEYS = ['from', 'filter', 'ordering', 'shards', 'signal', 'pageSize', 'onGap'];

/** The options of `subscribe`. */
export interface SubscribeOptions {
  /** @default 'earliest' */
  readonly from?: StartPoint | undefined;
  /** @default all events */
  readonly filter?: Filter | FilterJson | undefined;
  /** @default 'sequence' */
  readonly ordering?: Ordering | undefined;
  /** @default all shards, those that are added later too */
  readonly shards?: readonly number[] | undefined;
  /** Ends the loop quietly: nothing is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Told of events that are gone, as in `page.gaps`, before the events that come after them. What it throws ends the loop. */
  readonly onGap?: ((gap: Gap) => void) | undefined;
  /** The most events that are read, and held for a slow consumer, at once: 1 to 100,000. @default 512 */
  readonly pageSize?: number | undefined;
}

/** @throws ConsumerError InvalidRequest or InvalidFilter, naming the option. */
export function subscriptionPlan(options: unknown): PollPlan {
  const known = knownOptions(options, KEYS);
  const { onGap } = known;
  if (onGap !== undefined && typeof onGap !== 'function') {
    throw new ConsumerError('InvalidRequest', `onGap is a function, got ${nameOf(onGap)}.`);
  }
  const pageSize = known.pageSize ?? DEFAULT_PAGE_SIZE;
  return planWithLimit(known, pageSize, { name: 'pageSize', min: 1 });
}
