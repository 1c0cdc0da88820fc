// Numbers, foreign text and the status line as people see them.
import { expect, test } from 'vitest';
import { IngestAccount } from '../../../src/cli/ingest/account.ts';
import { Progress } from '../../../src/cli/ingest/progress.ts';
import type { Notices } from '../../../src/cli/notices.ts';
import { clocked, counted, printable, sized } from '../../../src/cli/text.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [182_462_700, '182 MB'],
  [99_960, '100 kB'],
  [5e15, '5,000 TB'],
])('%d bytes are %s', (bytes, text) => expect(sized(bytes)).toBe(text));

test('times and counts', () => {
  expect([clocked(6.2), clocked(3723), counted(1, 'line'), counted(1234567, 'line')]).toEqual([
    '0:07',
    '1:02:03',
    '1 line',
    '1,234,567 lines',
  ]);
});

test('text from outside cannot steer a terminal', () => {
  expect(printable('a\u001b[2J\r\n\u202eb\u0085')).toBe('a\\u001b[2J\\u000d\\u000a\\u202eb\\u0085');
  expect(printable('x'.repeat(50), 10)).toBe(`${'x'.repeat(10)}…`);
});

test('the status line tells how far, how fast and how long still', () => {
  let nowMs = 1000;
  const account = new IngestAccount();
  const notices = { canShowStatus: false } as Notices;
  const known = new Progress({ account, notices, totalBytes: 4_000_000, nowMs: () => nowMs });
  const endless = new Progress({ account, notices, totalBytes: undefined, nowMs: () => nowMs });
  nowMs += 2000;
  account.bytes = 1_000_000;
  account.lines = 5000;
  account.bad = 2;
  expect(known.line()).toBe('[=====               ] 25 %  1.0 MB  2,500 lines/s  500 kB/s  0:06 left  2 bad');
  expect(endless.line()).toBe('1.0 MB  2,500 lines/s  500 kB/s  2 bad');
});
