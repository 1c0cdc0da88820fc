// What a node shows of its links: plain data for stats, doctor and people.
import type { EndCode } from '../session/ending.ts';

/** One link that is up. */
export interface LinkFigures {
  readonly nodeId: string;
  readonly address: string;
  /** Whether this node has dialled. */
  readonly dialled: boolean;
  readonly receives: boolean;
  readonly upForMs: number;
  /** The last round-trip time; undefined before the first. */
  readonly rttMs: number | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes that wait to be sent. */
  readonly bytesWaiting: number;
}

/** One address that the node keeps dialling. */
export interface DialFigures {
  readonly address: string;
  /** Whether it was learned from another member. */
  readonly learned: boolean;
  readonly linked: boolean;
  /** Attempts since it was linked last. */
  readonly attempts: number;
  readonly lastError: string | undefined;
}

/** All links of a node. */
export interface MeshLinkFigures {
  readonly nodeId: string;
  /** Where it listens. */
  readonly listening: readonly string[];
  readonly links: readonly LinkFigures[];
  readonly dials: readonly DialFigures[];
  /** Connections that have not been admitted yet. */
  readonly handshakes: number;
  /** Links that have ended, by the reason. */
  readonly ended: Readonly<Partial<Record<EndCode, number>>>;
  /** Connections that were not let in, by the reason. */
  readonly refused: Readonly<Record<string, number>>;
}
