// The registry of error codes, the reference page and the classes say the same, and each code is provoked by a test.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, expectTypeOf, test } from 'vitest';
import { AdapterError, type AdapterErrorKind } from '../../src/errors/adapter-error.ts';
import { ERROR_CODES, type ErrorCode } from '../../src/errors/codes.ts';
import { ConfigError, type ConfigErrorKind } from '../../src/errors/config-error.ts';
import { ConsumerError, type ConsumerErrorKind } from '../../src/errors/consumer-error.ts';
import type { EventBusError } from '../../src/errors/event-bus-error.ts';
import { IngestionError, type IngestionErrorKind } from '../../src/errors/ingestion-error.ts';
import { PositionError } from '../../src/errors/position-error.ts';
import { ScalingError, type ScalingErrorKind } from '../../src/errors/scaling-error.ts';
import { bare, tableRows } from './support/markdown-table.ts';

type KindOf<Family> = Extract<(typeof ERROR_CODES)[ErrorCode], { family: Family }>['kind'];

const CLASSES: Record<string, (kind: never) => EventBusError> = {
  ConfigError: (kind) => new ConfigError(kind, 'x'),
  IngestionError: (kind) => new IngestionError(kind, 'x'),
  ConsumerError: (kind) => new ConsumerError(kind, 'x'),
  AdapterError: (kind) => new AdapterError(kind, 'x'),
  ScalingError: (kind) => new ScalingError(kind, 'x'),
  PositionError: () => new PositionError('x'),
};

const rows = tableRows('docs/reference/errors.md');

test('the page lists every code of the registry in its order, with family, kind and meaning', () => {
  const onPage = rows.map((row) => [
    bare(row.Code),
    { family: row.section, kind: bare(row.Kind), meaning: row.Meaning },
  ]);
  expect(onPage).toEqual(Object.entries(ERROR_CODES));
});

test('the page tells cause, remedy and whether a retry helps, for each code', () => {
  for (const row of rows) {
    expect(row.Cause).toMatch(/\.$/);
    expect(row.Remedy).toMatch(/\.$/);
    expect(row.Retry).toMatch(/^(yes|no|after|when)/);
  }
});

test('the page says of an AdapterError what isRetryable says', () => {
  for (const row of rows.filter((each) => each.section === 'AdapterError')) {
    const error = new AdapterError(bare(row.Kind) as AdapterErrorKind, 'x');
    expect([row.Kind, error.isRetryable()]).toEqual([row.Kind, row.Retry === 'yes']);
  }
});

test('each class gives its kinds the codes of the registry', () => {
  for (const [code, { family, kind }] of Object.entries(ERROR_CODES)) {
    const error = CLASSES[family]?.(kind as never);
    expect([error?.name, error?.kind, error?.code]).toEqual([family, kind, code]);
  }
  expectTypeOf<ConfigErrorKind>().toEqualTypeOf<KindOf<'ConfigError'>>();
  expectTypeOf<IngestionErrorKind>().toEqualTypeOf<KindOf<'IngestionError'>>();
  expectTypeOf<ConsumerErrorKind>().toEqualTypeOf<KindOf<'ConsumerError'>>();
  expectTypeOf<AdapterErrorKind>().toEqualTypeOf<KindOf<'AdapterError'>>();
  expectTypeOf<ScalingErrorKind>().toEqualTypeOf<KindOf<'ScalingError'>>();
  expectTypeOf<PositionError['kind']>().toEqualTypeOf<KindOf<'PositionError'>>();
});

test('each code is named by a test of behaviour', () => {
  const texts = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !path.startsWith('docs'))
    .map((path) => readFileSync(join('test', path), 'utf8'));
  expect(Object.keys(ERROR_CODES).filter((code) => !texts.some((text) => text.includes(code)))).toEqual([]);
});
