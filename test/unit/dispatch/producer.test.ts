// The name of a start: stable over restarts in its first half, never repeated as a whole, clear about bad files.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { producerIdentity } from '../../../src/dispatch/producer.ts';
import { ConfigError } from '../../../src/errors/config-error.ts';

const isRoot = process.getuid?.() === 0;
let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshbus-producer-'));
  path = join(folder, 'producer.nonce');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function errorFor(badPath: string): ConfigError {
  try {
    producerIdentity(badPath);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the path was taken');
}

function halves(producer: string): [string, string] {
  expect(producer).toMatch(/^[0-9a-f]{16}-[0-9a-f]{16}$/);
  return producer.split('-') as [string, string];
}

test('D3 without a path both halves differ at every start', () => {
  const [first, second] = [halves(producerIdentity(undefined).producer), halves(producerIdentity(undefined).producer)];
  expect(new Set([...first, ...second]).size).toBe(4);
});

test('D3 starts on one file have the nonce in common and nothing else', () => {
  const [first, second] = [halves(producerIdentity(path).producer), halves(producerIdentity(path).producer)];
  expect(second[0]).toBe(first[0]);
  expect(second[1]).not.toBe(first[1]);
  expect(readFileSync(path, 'latin1')).toBe(`${first[0]}\n`);
});

test('D3 processes that make one file at the same time agree on its nonce and are different producers', async () => {
  const starts = Array.from({ length: 6 }, () => startProcess(path));
  const outputs = starts.map(() => '');
  starts.forEach((start, index) => {
    start.stdout.on('data', (chunk) => {
      outputs[index] += chunk;
    });
  });
  await Promise.all(starts.map((start) => once(start.stdout, 'data')));
  const ends = starts.map((start) => once(start, 'close'));
  for (const start of starts) start.stdin.write('go');
  await Promise.all(ends);
  const names = outputs.map((output) => halves(output.replace('ready ', '')));
  expect(new Set(names.map(([nonce]) => nonce)).size).toBe(1);
  expect(new Set(names.map(([, start]) => start)).size).toBe(6);
  expect(readdirSync(folder).sort()).toEqual(['producer.nonce']);
});

test('the file is made readable and writable by its owner alone', () => {
  producerIdentity(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a file that is read-only is enough once it exists', () => {
  const [nonce] = halves(producerIdentity(path).producer);
  chmodSync(path, 0o400);
  expect(halves(producerIdentity(path).producer)[0]).toBe(nonce);
});

test('the path is taken as typed: percent signs, hashes, spaces and a name of 255 bytes', () => {
  for (const name of ['a b#1%41?x=ü日本', 'n'.repeat(255)]) {
    producerIdentity(join(folder, name));
    expect(existsSync(join(folder, name))).toBe(true);
  }
});

test('a symbolic link to a nonce file is followed', () => {
  const [nonce] = halves(producerIdentity(path).producer);
  symlinkSync(path, join(folder, 'link'));
  expect(halves(producerIdentity(join(folder, 'link')).producer)[0]).toBe(nonce);
});

describe('EBUS_CONFIG_NONCE names the path and the remedy', () => {
  test.each([
    ['is empty', '', /is empty.*remove it/],
    ['is cut off', '0123456789abcde', /damaged.*remove it/],
    ['holds other characters', '0123456789abcdeg\n', /damaged.*remove it/],
    ['has more than a nonce', '0123456789abcdef\n\n', /damaged.*remove it/],
    ['is long', 'a'.repeat(100_000), /damaged.*remove it/],
    ['holds binary', '\0'.repeat(16), /damaged.*remove it/],
  ])('D3 when the file %s, which is left as it was', (_name, content, message) => {
    writeFileSync(path, content);
    const error = errorFor(path);
    expect(error.code).toBe('EBUS_CONFIG_NONCE');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(JSON.stringify(path));
    expect(readFileSync(path, 'latin1')).toBe(content);
  });

  test('D3 when the path is a folder, lies in a missing folder or under a file', () => {
    mkdirSync(join(folder, 'sub'));
    writeFileSync(path, '');
    expect(errorFor(join(folder, 'sub')).message).toMatch(/choose the path of a file/);
    expect(errorFor(join(folder, 'missing', 'nonce')).message).toMatch(/folder does not exist; create it/);
    expect(errorFor(join(path, 'nonce')).message).toMatch(/part of its path is a file/);
    expect(readdirSync(folder).sort()).toEqual(['producer.nonce', 'sub']);
  });

  test('D3 when the path is a device or a link to nothing', () => {
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    expect(errorFor(join(folder, 'link')).message).toMatch(/symbolic link/);
    if (existsSync('/dev/null')) expect(errorFor('/dev/null').message).toMatch(/is not a file/);
    expect(readdirSync(folder)).toEqual(['link']);
  });

  test('D3 when the name is too long, and nothing half-made is left', () => {
    expect(errorFor(join(folder, 'n'.repeat(256))).message).toMatch(/ENAMETOOLONG/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('D3 when permission is denied to read or to make it', async () => {
    writeFileSync(path, '0123456789abcdef\n', { mode: 0o000 });
    chmodSync(folder, 0o555);
    expect(await outputOf(path)).toMatch(/cannot be read \(EACCES\): permission is denied/);
    expect(await outputOf(join(folder, 'other'))).toMatch(/cannot be made \(EACCES\): permission is denied/);
    chmodSync(folder, 0o700);
  });
});

/** A process that tells its producer name, or why it has none, once something is written to it. */
function startProcess(path: string, user: { uid?: number } = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ['--input-type=module', '--eval', processCode(), path], { ...user, cwd: '/' });
}

async function outputOf(badPath: string): Promise<string> {
  const start = startProcess(badPath, isRoot ? { uid: 65_534 } : {});
  let output = '';
  start.stdout.on('data', (chunk) => {
    output += chunk;
  });
  start.stdin.write('go');
  await once(start, 'close');
  return output;
}

function processCode(): string {
  const contents = `import { producerIdentity } from './src/dispatch/producer.ts';
    process.stdin.once('data', () => {
      let output;
      try { output = producerIdentity(process.argv[1]).producer; } catch (error) { output = error.message; }
      process.stdout.write(output, () => process.exit());
    });
    process.stdout.write('ready ');`;
  const built = buildSync({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
  });
  return built.outputFiles[0]?.text ?? '';
}
