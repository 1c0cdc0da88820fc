// The published declarations, for both formats and for the oldest compiler that is supported.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from './support/scratch.ts';

const CONSUMER = readFileSync('test/package/fixtures/consumer.ts', 'utf8');

/** What a compiler says of one file that imports the installed package, everything strict, declarations checked too. */
function compile(compiler: string, files: Record<string, string>, settings: Record<string, unknown> = {}): string {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    target: 'es2022',
    lib: ['es2022'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    types: ['node'],
    ...settings,
  };
  const config = JSON.stringify({ compilerOptions, files: Object.keys(files) });
  const folder = scratch({ ...files, 'tsconfig.json': config });
  const bin = join(process.cwd(), 'node_modules', compiler, 'bin/tsc');
  return spawnSync(process.execPath, [bin, '-p', '.'], { cwd: folder, encoding: 'utf8' }).stdout;
}

/** What works in the other copy at run time and is told so by its type: the contract, events and configurations. */
const LIB = `
  import { AdapterError, type Adapter, Event, EventBusConfig, memory } from 'meshbus';
  export const parts = {
    adapter: memory(), event: new Event({ n: 1 }),
    config: EventBusConfig.builder().backpressure('block').build(),
  };
  export function failing(adapter: Adapter): never { throw new AdapterError('Transient', adapter.name); }`;
const APP = `
  import { EventBus, memory } from 'meshbus';
  import { failing, parts } from './lib.cjs';
  const bus = await EventBus.create({ adapter: parts.adapter });
  bus.ingest(parts.event);
  const waits: Promise<void> = (await EventBus.create(parts.config)).ingest(1);
  await waits;
  failing(memory().create());`;

const BOTH_FORMATS = { 'consumer.mts': CONSUMER, 'consumer.cts': CONSUMER, 'lib.cts': LIB, 'app.mts': APP };

test('ESM, CommonJS and both together compile with TypeScript 5.9, bytes going into Blob, Response and crypto', () => {
  expect(compile('typescript', BOTH_FORMATS)).toBe('');
});

test('the same compiles with TypeScript 5.6, the oldest that is supported', () => {
  expect(compile('typescript-5.6', BOTH_FORMATS)).toBe('');
});

test('a consumer compiles as a bundler resolves it', () => {
  const settings = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], skipLibCheck: true };
  expect(compile('typescript', { 'app.ts': CONSUMER }, settings)).toBe('');
});
