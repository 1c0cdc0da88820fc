// What became of an offered event. On the hot path an outcome is an index into this list; 0 is accepted.
import { IngestionError, type IngestionErrorKind } from '../errors/ingestion-error.ts';

export const OUTCOMES = [
  'accepted',
  'backpressure',
  'would-block',
  'sampled',
  'unrouted',
  'shutting-down',
  'serialization',
  'too-large',
] as const;

/** What `tryIngest` answers. Every outcome but 'accepted' means that the event was never ingested. */
export type IngestOutcome = (typeof OUTCOMES)[number];

export const ACCEPTED = 0;
export const BACKPRESSURE = 1;
export const WOULD_BLOCK = 2;
export const SAMPLED = 3;
export const UNROUTED = 4;
export const SHUTTING_DOWN = 5;
export const SERIALIZATION = 6;
export const TOO_LARGE = 7;

const REFUSED: Record<Exclude<IngestOutcome, 'accepted'>, readonly [IngestionErrorKind, string]> = {
  backpressure: ['Backpressure', 'The ring of its shard is full: slow down, or choose another backpressure mode.'],
  'would-block': ['Backpressure', 'The ring of its shard is full: await ingest, which waits for room.'],
  sampled: ['Sampled', 'The ring of its shard is full, and this event is not among those that sampling lets in.'],
  unrouted: ['Unrouted', 'No shard takes this event now: the adapter does not settle a batch of its shard.'],
  'shutting-down': ['ShuttingDown', 'The bus is shutting down or shut down, and takes no more events.'],
  serialization: ['Serialization', 'The event cannot be written.'],
  'too-large': ['TooLarge', 'The event is over a size limit.'],
};

/** The error for an event that may not even wait, since too many bytes wait already (Block). */
export function tooMuchWaits(maxWaitingBytes: number): IngestionError {
  const message = `Events that wait for room hold maxWaitingBytes, ${maxWaitingBytes} bytes, already: await each ingest.`;
  return new IngestionError('Backpressure', message);
}

/** The error that says the same as a refusal. */
export function refusal(outcome: Exclude<IngestOutcome, 'accepted'>, detail?: string, cause?: unknown): IngestionError {
  const [kind, message] = REFUSED[outcome];
  return new IngestionError(kind, detail ?? message, { cause });
}
