// The specification's names for the modes of backpressure. Plain values: an option may be written without them.

/** What happens when the ring of a shard is full, by the names of the specification. */
export const BackpressureMode = Object.freeze({
  /** `ingest` returns a promise that settles when there was room. */
  Block: 'block',
  /** The oldest event in the ring is dropped for the new one. */
  DropOldest: 'drop-oldest',
  /** The new event is refused with IngestionError Backpressure. */
  DropNewest: 'drop-newest',
  /** One in `rate` (a whole number from 1) is admitted by evicting the oldest; the rest is refused as Sampled. */
  Sample: (rate: number): { readonly sample: number } => Object.freeze({ sample: rate }),
} as const);
