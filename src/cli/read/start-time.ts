// Reads the time of --since. Invariant: what is not one of the documented forms is refused, never guessed.
import { UsageError } from '../usage-error.ts';

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;
const AGO = /^(\d{1,9})(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A date, a date and time (UTC unless it says its zone), a span before now such as 15m, or the nanoseconds of a stamp.
 * @throws UsageError
 */
export function startTime(text: string, nowMs: number): Date | bigint {
  if (/^\d{16,20}$/.test(text)) return BigInt(text);
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined) return new Date(nowMs - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]);
  const time = ISO.test(text) ? Date.parse(isoOf(text)) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(`--since is a time such as 2026-01-31T12:00:00Z, 15m, 2h or 7d, got '${text}'`);
  }
  return new Date(time);
}

/** Without a zone, JavaScript takes a date for UTC and a time for local: here both are UTC. */
function isoOf(text: string): string {
  const iso = text.replace(' ', 'T');
  return iso.includes('T') && !/(?:Z|[+-]\d{2}:\d{2})$/.test(iso) ? `${iso}Z` : iso;
}
