// The times that --since takes.
import { expect, test } from 'vitest';
import { startTime } from '../../../src/cli/read/start-time.ts';

const NOW = Date.parse('2026-03-01T00:00:00Z');

test.each([
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T12:30', '2026-01-31T12:30:00.000Z'],
  ['2026-01-31 12:30:05', '2026-01-31T12:30:05.000Z'],
  ['2026-01-31T12:30:05.25+02:00', '2026-01-31T10:30:05.250Z'],
  ['15m', '2026-02-28T23:45:00.000Z'],
  ['500ms', '2026-02-28T23:59:59.500Z'],
  ['1d', '2026-02-28T00:00:00.000Z'],
])('%s is %s', (text, iso) => expect((startTime(text, NOW) as Date).toISOString()).toBe(iso));

test('the nanoseconds of a stamp are taken as they are', () => {
  expect(startTime('1767225600000000001', NOW)).toBe(1_767_225_600_000_000_001n);
});

test.each(['yesterday', '1', '2026', '2026-13-01', '2026-01-31T25:00', '-5m', '5 m', '12:00', 'Jan 1 2026'])(
  '%s is refused, not guessed',
  (text) => expect(() => startTime(text, NOW)).toThrow(/--since/),
);
