// The two orders in which a page can come.

/** The orders of the specification, for those who prefer names to strings. */
export const Ordering = {
  /** Within a shard as stored; across shards fairly mixed. The default. */
  Sequence: 'sequence',
  /** One order over all shards by stamp, held back while an older event may still come. */
  Timestamp: 'timestamp',
} as const;

/** How the events of a page are ordered. */
export type Ordering = (typeof Ordering)[keyof typeof Ordering];
