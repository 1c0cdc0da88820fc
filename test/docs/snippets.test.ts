// Every example in a docstring, in the README and in the guides runs as it stands.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as meshbus from '../../src/index.ts';
import * as testing from '../../src/testing/index.ts';
import { ExampleServers } from './support/example-servers.ts';
import { withFreePort } from './support/free-port.ts';
import { docstringSnippets, pageSnippets, runSnippet } from './support/snippets.ts';

const pages = ['README.md', ...readdirSync('docs/guide').map((name) => `docs/guide/${name}`)];
const snippets = [...docstringSnippets(), ...pages.flatMap(pageSnippets)];
let bus: meshbus.EventBus;
let folder: string;
const servers = new ExampleServers();

afterAll(() => servers.stop());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshbus-docs-'));
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  bus = (await meshbus.EventBus.create({ adapter: meshbus.memory() })) as meshbus.EventBus;
  for (let index = 0; index < 3; index += 1) bus.ingest({ index, user: { id: index } });
  await bus.flush();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await bus.shutdown();
  rmSync(folder, { recursive: true });
});

test('there are examples to run', () => {
  expect(snippets.length).toBeGreaterThan(12);
});

test.each(snippets.map((snippet) => [snippet.where, snippet] as const))('%s runs', async (_, snippet) => {
  const code = await withFreePort(snippet.code);
  const running = runSnippet({ ...snippet, code }, { ...(await scope()), ...(await servers.scopeFor(code)) });
  if (snippet.code.startsWith('throw ')) await expect(running).rejects.toThrow(meshbus.EventBusError);
  else await testing.within(10_000, running);
});

/** What a reader takes for granted. */
async function scope(): Promise<Record<string, unknown>> {
  const { cursor } = await bus.poll({ limit: 1, ordering: 'timestamp' });
  const stop = new AbortController();
  const later = (): void => void setTimeout(() => bus.tryIngest({ index: 3 }), 5);
  return {
    ...meshbus,
    ...testing,
    log: (path: string, options?: meshbus.LogOptions) => meshbus.log(join(folder, path), options),
    bus,
    cursor,
    from: cursor,
    signal: stop.signal,
    filter: { path: 'user.id', value: 2 },
    handle: async () => {
      later();
      setTimeout(() => stop.abort(), 100);
    },
    save: async () => stop.abort(),
    cause: new Error('cause'),
    test: (name: string, run: unknown) => expect([typeof name, typeof run]).toEqual(['string', 'function']),
    myAdapter: () => meshbus.memory(),
    freshDirectory: () => 'unused',
  };
}
