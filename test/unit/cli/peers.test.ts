// `meshbus peers`: what a member tells of its links, and how a key gets to the command without being shown.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { Credentials } from '../../../src/adapters/net/link/credentials.ts';
import { peersText } from '../../../src/cli/net/peers-text.ts';
import { within } from '../../../src/testing/index.ts';
import { runInProcess } from '../../support/cli-host.ts';
import { closeAll, keyed, type LinkNode, started } from '../../support/net/link-node.ts';

const SECRET = 'not-the-key-of-any-mesh-but-of-these-tests';
const folder = mkdtempSync(join(tmpdir(), 'meshbus-peers-'));
const credentials = keyed(Buffer.from(SECRET));
afterEach(closeAll);
afterAll(() => rmSync(folder, { recursive: true }));

async function linkedPair(): Promise<LinkNode> {
  const member = await started('member', { credentials, peers: [{ host: '127.0.0.1', port: 1 }], pingMs: 50 });
  const other = await started('other', { credentials, listen: [], peers: [member.address] });
  await within(5000, () => other.up.length === 1);
  return member;
}

test('a member tells its links, round-trip times, bytes and whom it cannot reach', async () => {
  const member = await linkedPair();
  const file = join(folder, 'mesh.key');
  writeFileSync(file, `${SECRET}\n`);
  const url = `net://127.0.0.1:${member.address.port}`;
  const env = { MESHBUS_PSK_FILE: file };
  await within(5000, () => (member.links.figures().dials[0]?.lastError === undefined ? undefined : true));
  const shown = await runInProcess(['peers', url], {}, { env });
  expect([shown.code, shown.stderr]).toEqual([0, '']);
  expect(shown.stdout).toMatch(/^node +member$/m);
  expect(shown.stdout).toMatch(/^other +127\.0\.0\.1:\d+ +no +[\d.]+ m?s/m);
  expect(shown.stdout).toMatch(/^127\.0\.0\.1:1 +\d+ +.*ECONNREFUSED/m);
  const json = await runInProcess(['peers', url, '--json'], {}, { env: { MESHBUS_PSK: SECRET } });
  expect(JSON.parse(json.stdout)).toMatchObject({ nodeId: 'member', listening: [`127.0.0.1:${member.address.port}`] });
});

test('a wrong key, a wrong mesh and a member that is not there are told at once, without the key', async () => {
  const member = await linkedPair();
  const url = `net://127.0.0.1:${member.address.port}`;
  const wrong = 'a wrong key of thirty-two bytes or more';
  const cases = [
    { at: url, env: { MESHBUS_PSK: wrong }, told: 'the key of this id is another one' },
    { at: url, env: { MESHBUS_PSK: SECRET, MESHBUS_PSK_ID: 'new' }, told: 'does not know this key id' },
    { at: url, env: { MESHBUS_PSK: SECRET, MESHBUS_MESH: 'other' }, told: 'mesh' },
    { at: 'net://127.0.0.1:1', env: { MESHBUS_PSK: SECRET }, told: 'ECONNREFUSED' },
  ];
  for (const { at, env, told } of cases) {
    const { code, stderr } = await runInProcess(['peers', at], {}, { env });
    expect([code, stderr]).toEqual([1, expect.stringContaining(told)]);
    expect(stderr).not.toContain(env.MESHBUS_PSK.slice(0, 12));
  }
});

test('a command line without a key, with one in the URL, or with files that are not there is refused, and shows nothing', async () => {
  const cases = [
    { words: ['peers', 'net://127.0.0.1:1'], env: {}, told: 'MESHBUS_PSK_FILE' },
    { words: ['peers', `net://user:${SECRET}@host:1`], env: { MESHBUS_PSK: SECRET }, told: 'never stands in the URL' },
    { words: ['peers', `net://host:1?psk=${SECRET}`], env: { MESHBUS_PSK: SECRET }, told: 'never stands in the URL' },
    { words: ['peers', 'net://h:1'], env: { MESHBUS_PSK_FILE: join(folder, 'none') }, told: 'ENOENT' },
    { words: ['peers', 'net://h:1'], env: { MESHBUS_PSK: 'short' }, told: '32 bytes' },
    { words: ['peers'], env: {}, told: 'net://HOST:PORT' },
  ];
  for (const { words, env, told } of cases) {
    const { code, stderr } = await runInProcess(words, {}, { env: env as Record<string, string> });
    expect([code, stderr]).toEqual([2, expect.stringContaining(told)]);
    expect(stderr).not.toContain(SECRET.slice(0, 12));
  }
});

test('a mesh without encryption is asked when the environment says so', async () => {
  const member = await started('member', { credentials: Credentials.insecure() });
  const env = { MESHBUS_INSECURE: '1' };
  const { code } = await runInProcess(['peers', `net://127.0.0.1:${member.address.port}`], {}, { env });
  expect(code).toBe(0);
});

test('whatever a member tells, nothing but plain text is printed', () => {
  const hostile = {
    nodeId: '\u001b[2J\nnode',
    listening: 'x',
    links: [null, 7, { nodeId: 5, address: 'a\u202eb', rttMs: 'fast', bytesIn: -1, upForMs: 5_000_000, lagEvents: 12 }],
    dials: { length: 3 },
    refused: { '\u001b]0;x': 2, other: 'many' },
  };
  const text = peersText('net://h:1', hostile);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(text).toMatch(/5,000 s/);
});
