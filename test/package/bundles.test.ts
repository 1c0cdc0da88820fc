// An application bundled into one file runs in an empty folder, started from elsewhere: the kernel is inside the bundle
// and nothing is looked up beside it. Minified too, by each of the common bundlers.
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import { expect, inject, test } from 'vitest';
import webpack from 'webpack';
import { nodeOutput, scratch } from './support/scratch.ts';

const APP = `
  import { EventBus, memory } from 'meshbus';
  async function main() {
    const bus = await EventBus.create({ adapter: memory() });
    for (let n = 0; n < 100; n += 1) bus.ingest({ n }, { key: 'k' });
    await bus.flush();
    const page = await bus.poll({ limit: 1000, filter: { path: 'n', value: 42 } });
    const account = await bus.shutdown();
    console.log(page.events.length, page.events[0].text(), account.eventsDispatched);
  }
  main();`;
const OUTPUT = '1 {"n":42} 100';

/** Runs a bundle alone in an empty folder, from another one. */
function runAlone(bundle: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-bundle-'));
  try {
    const alone = join(folder, bundle.endsWith('.cjs') ? 'app.cjs' : 'app.mjs');
    copyFileSync(bundle, alone);
    expect(readdirSync(folder).length).toBe(1);
    return nodeOutput([alone], tmpdir());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const FORMATS = [
  { format: 'cjs', minify: false },
  { format: 'cjs', minify: true },
  { format: 'esm', minify: false },
  { format: 'esm', minify: true },
] as const;

test.each(FORMATS)('a bundle of esbuild runs alone: %o', async ({ format, minify }) => {
  const folder = scratch({ 'app.mjs': APP });
  const outfile = join(folder, format === 'cjs' ? 'out.cjs' : 'out.mjs');
  const { warnings } = await esbuild.build({
    entryPoints: [join(folder, 'app.mjs')],
    bundle: true,
    platform: 'node',
    format,
    minify,
    outfile,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  expect(runAlone(outfile)).toBe(OUTPUT);
});

test('a bundle of rollup runs alone, in both formats', async () => {
  const folder = scratch({ 'app.mjs': APP });
  const warnings: string[] = [];
  const bundle = await rollup({
    input: join(folder, 'app.mjs'),
    external: /^node:/,
    onwarn: (warning) => warnings.push(warning.message),
    plugins: [{ name: 'installed', resolveId: (id) => (id === 'meshbus' ? installedFile('index.mjs') : null) }],
  });
  await bundle.write({ file: join(folder, 'out.cjs'), format: 'cjs', inlineDynamicImports: true });
  await bundle.write({ file: join(folder, 'out.mjs'), format: 'esm', inlineDynamicImports: true });
  await bundle.close();
  expect(warnings).toEqual([]);
  expect(runAlone(join(folder, 'out.cjs'))).toBe(OUTPUT);
  expect(runAlone(join(folder, 'out.mjs'))).toBe(OUTPUT);
});

test('a minified bundle of webpack runs alone', async () => {
  const folder = scratch({ 'app.mjs': APP });
  const compiler = webpack({
    mode: 'production',
    target: 'node',
    devtool: false,
    entry: join(folder, 'app.mjs'),
    output: { path: folder, filename: 'out.cjs' },
  });
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler?.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
  expect(runAlone(join(folder, 'out.cjs'))).toBe(OUTPUT);
});

test('a bundle without the bus leaves the adapters and nearly all else out', async () => {
  const folder = scratch({
    'app.mjs': `import { RawEvent } from 'meshbus';\nconsole.log(RawEvent.fromString('x').bytes.length);`,
  });
  const outfile = join(folder, 'out.mjs');
  await esbuild.build({
    entryPoints: [join(folder, 'app.mjs')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    outfile,
  });
  expect(runAlone(outfile)).toBe('1');
  const [whole, part] = [readFileSync(installedFile('index.mjs')).length, readFileSync(outfile, 'utf8')];
  expect(part.length).toBeLessThan(whole / 6);
  expect(part).not.toMatch(/XADD|JS\.API|EVALSHA|createServer/);
});

function installedFile(name: string): string {
  return join(inject('project'), 'node_modules/meshbus/dist', name);
}
