// Where everything lies in the kernel's memory for a given configuration. Pure arithmetic.
import { MAX_META_BYTES, STAGING } from '../../kernel/layout.ts';

export const PAGE_BYTES = 65_536;

/** What the rings of a bus need. */
export interface RingSizes {
  /** How many rings. */
  readonly rings: number;
  /** Bytes of one ring, a power of two. */
  readonly ringBytes: number;
  readonly maxEventBytes: number;
}

export interface MemoryPlan {
  readonly stage: number;
  readonly stageBytes: number;
  readonly firstRing: number;
  readonly pages: number;
}

export function planMemory({ rings, ringBytes, maxEventBytes }: RingSizes): MemoryPlan {
  const stageBytes = Math.ceil((MAX_META_BYTES + maxEventBytes + 16) / 64) * 64;
  const firstRing = STAGING + stageBytes;
  return { stage: STAGING, stageBytes, firstRing, pages: Math.ceil((firstRing + rings * ringBytes) / PAGE_BYTES) };
}
