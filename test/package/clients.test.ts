// The clients of brokers are optional: without them the package loads and says what to install; with one, an
// application that imports the sub-path is bundled with it, and runs alone.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import { expect, test } from 'vitest';
import webpack from 'webpack';
import { nodeOutput, scratch } from './support/scratch.ts';

/** Tells how the creation of a bus on a server that is not there fails. */
const tell = (adapter: string): string =>
  `EventBus.create({ adapter: ${adapter} }).catch((error) => console.log(error.kind, error.message));`;

test.each([
  ['mjs', "import { EventBus, redis } from 'meshbus';", 'redis'],
  ['mjs', "import { EventBus } from 'meshbus'; import { redis } from 'meshbus/redis';", 'redis'],
  ['cjs', "const { EventBus, AdapterConfig: { redis } } = require('meshbus');", 'redis'],
  ['cjs', "const { EventBus } = require('meshbus'); const { redis } = require('meshbus/redis');", 'redis'],
])('without the package redis everything loads, and using it says what to install: %s, %s', (kind, head, name) => {
  const folder = scratch({ [`app.${kind}`]: `${head}\n${tell(`${name}('redis://127.0.0.1:1')`)}` });
  expect(nodeOutput([join(folder, `app.${kind}`)], folder)).toBe(
    'Connection The client is not installed: npm install redis',
  );
});

/** A folder in which the client is installed beside the package. */
function withClient(app: string): string {
  const folder = scratch({ 'app.mjs': app });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['redis', '@redis'])
    symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

function runAlone(bundle: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-bundle-'));
  try {
    const alone = join(folder, 'app.cjs');
    copyFileSync(bundle, alone);
    return nodeOutput([alone], folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const BUNDLED = `import { EventBus } from 'meshbus';
  import { redis } from 'meshbus/redis';
  ${tell("redis('redis://127.0.0.1:1')")}`;

test('a bundle of esbuild holds the client of meshbus/redis', async () => {
  const folder = withClient(BUNDLED);
  const outfile = join(folder, 'out.cjs');
  const { warnings } = await esbuild.build({
    entryPoints: [join(folder, 'app.mjs')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    nodePaths: [join(folder, 'node_modules')],
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(runAlone(outfile)).toMatch(/^Connection No connection to 127\.0\.0\.1:1 could be made/);
});

test('a bundle of webpack leaves the client of the root alone, and warns of nothing', async () => {
  const folder = scratch({
    'app.mjs': `import { EventBus, redis } from 'meshbus';\n${tell("redis('redis://127.0.0.1:1')")}`,
  });
  const compiler = webpack({
    mode: 'production',
    target: 'node',
    devtool: false,
    entry: join(folder, 'app.mjs'),
    output: { path: folder, filename: 'out.cjs' },
  });
  const stats = await new Promise<webpack.Stats | undefined>((done, reject) => {
    compiler?.run((error, result) => (error ? reject(error) : done(result)));
  });
  expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
  expect(runAlone(join(folder, 'out.cjs'))).toBe('Connection The client is not installed: npm install redis');
});
