// What the tarball holds, and what loading it brings along.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { nodeOutput, scratch } from './support/scratch.ts';

const installed = (): string => join(inject('project'), 'node_modules/meshbus');
const MEMBERS: Readonly<Record<string, RegExp>> = {
  meshbus: /EventBus,.*jetstream,log,memory,net,noop,redis/,
  'meshbus/log': /^log$/,
  'meshbus/redis': /^redis$/,
  'meshbus/jetstream': /^jetstream$/,
  'meshbus/net': /^net$/,
  'meshbus/testing': /ManualEnvironment/,
};
const ENTRIES = Object.keys(MEMBERS);

test('the tarball holds the build, the documentation, the licence and nothing else', () => {
  expect(readdirSync(installed()).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'docs', 'package.json']);
  for (const name of readdirSync(join(installed(), 'dist'))) expect(name).toMatch(/\.(mjs|cjs|d\.mts|d\.cts|map)$/);
});

test('it has no dependency', () => {
  const manifest = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8'));
  expect(Object.keys(manifest).filter((key) => /^(bundle|optional)?d?ependencies$/i.test(key))).toEqual([]);
  expect(
    readdirSync(join(inject('project'), 'node_modules'))
      .filter((name) => !name.startsWith('.'))
      .sort(),
  ).toEqual(['@types', 'meshbus']);
});

test('loading it loads nothing but node: modules', () => {
  const specifier =
    /^(?:import|export)\b(?:[^'"\n]*\bfrom)?\s*['"]([^'"\n]+)['"]|\b(?:require|import)\(['"]([^'"\n]+)['"]\)/gm;
  for (const name of readdirSync(join(installed(), 'dist')).filter((each) => /\.[cm]js$/.test(each))) {
    const code = readFileSync(join(installed(), 'dist', name), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    for (const [, target, called] of code.matchAll(specifier))
      expect(target ?? called).toMatch(/^(node:|\.\/|redis$|@nats-io\/)/);
  }
});

// node:net and node:tls come along: the mesh checks addresses when it is configured, and JetStream asks for a greeting.
test('the root loads neither what is for tests nor HTTP nor child processes', () => {
  const code = `
    const before = new Set(process.moduleLoadList);
    await import('meshbus');
    console.log(process.moduleLoadList.filter((each) => !before.has(each)).join());`;
  const folder = scratch({ 'app.mjs': code });
  expect(nodeOutput(['app.mjs'], folder)).not.toMatch(/test|assert\/strict|child_process|http/);
});

test.each(ENTRIES)('%s exports the same names as ESM and as CommonJS', (entry) => {
  const folder = scratch({
    'app.mjs': `console.log(Object.keys(await import('${entry}')).filter((name) => name !== 'default' && name !== 'module.exports').sort().join());`,
    'app.cjs': `console.log(Object.keys(require('${entry}')).sort().join());`,
  });
  const names = nodeOutput(['app.mjs'], folder);
  expect(nodeOutput(['app.cjs'], folder)).toBe(names);
  expect(names).toMatch(MEMBERS[entry] as RegExp);
});

test('loading it twice under different queries gives two copies that work', () => {
  const code = `
    const url = import.meta.resolve('meshbus');
    const [one, two] = [await import(url), await import(url + '?again')];
    const bus = await one.EventBus.create({ adapter: two.memory() });
    bus.ingest(new two.Event({ n: 1 }));
    await bus.flush();
    const page = await bus.poll(new two.ConsumeRequest(10));
    await bus.shutdown();
    console.log(one.EventBus === two.EventBus, page.events.length);`;
  expect(nodeOutput(['app.mjs'], scratch({ 'app.mjs': code }))).toBe('false 1');
});
