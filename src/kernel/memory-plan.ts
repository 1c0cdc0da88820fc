// Where everything lies in the kernel's memory for a given configuration. Pure arithmetic.
import { STAGING, STAGING_META } from '../../kernel/layout.ts';

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
  /** Where a staged payload begins. */
  readonly payload: number;
  readonly firstRing: number;
  readonly pages: number;
}

export function planMemory({ rings, ringBytes, maxEventBytes }: RingSizes): MemoryPlan {
  const payload = STAGING + STAGING_META;
  const firstRing = payload + Math.ceil((maxEventBytes + 16) / 64) * 64;
  return { payload, firstRing, pages: Math.ceil((firstRing + rings * ringBytes) / PAGE_BYTES) };
}
