// The secret of a mesh on the command line: what a file holds is the key, byte for byte.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { secretOptions } from '../../../src/cli/net/net-url.ts';

const folder = mkdtempSync(join(tmpdir(), 'meshbus-net-url-'));
afterAll(() => rmSync(folder, { recursive: true }));

function keyIn(content: Uint8Array): string {
  const file = join(folder, 'mesh.key');
  writeFileSync(file, content);
  const { psk } = secretOptions({ MESHBUS_PSK_FILE: file });
  return Buffer.from(psk as Uint8Array).toString('hex');
}

test('a key of bytes that are no text is the key that a program reads, not what is left of it as text', () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, n) => 0x80 + n));
  expect(keyIn(key)).toBe(key.toString('hex'));
});

test('one line end is left out', () => {
  const key = Buffer.from('a key of the mesh, 32 bytes or more');
  for (const end of ['', '\n', '\r\n']) expect(keyIn(Buffer.concat([key, Buffer.from(end)]))).toBe(key.toString('hex'));
});
