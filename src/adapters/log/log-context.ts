// What all parts of an open log share.
import type { Finding } from '../../adapter/finding.ts';
import type { FileSystem } from './file-system.ts';
import type { HandlePool } from './handle-pool.ts';
import type { Segment } from './segment.ts';
import type { SyncFailures } from './sync-failures.ts';

export interface LogContext {
  readonly files: FileSystem;
  readonly pool: HandlePool;
  readonly report: (finding: Finding) => void;
}

/** What the writers share besides. */
export interface WriterContext extends LogContext {
  /** Names this opening in every entry that it writes. */
  readonly tag: number;
  /** A segment is closed when it has reached one of these. */
  readonly limits: SegmentLimits;
  /** Segments with bytes that may not be on disk, by path. */
  readonly dirty: Map<string, Segment>;
  readonly failures: SyncFailures;
  /** Called after bytes were appended or a segment was begun. */
  readonly onGrowth: () => void;
}

export interface SegmentLimits {
  readonly bytes: number;
  readonly events: number;
}
