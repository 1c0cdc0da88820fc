// Who may connect: passwords, ACL users with exactly the rights that the guide lists, TLS. No secret in any error.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RedisOptions } from '../../src/index.ts';
import { BatchMaker } from '../../src/testing/index.ts';
import { Authority } from '../support/certificates.ts';
import { NEVER, openRedis, plainClient, readAll, texts } from '../support/redis-store.ts';
import { freePort } from '../support/servers/free-port.ts';
import { RedisServer } from '../support/servers/redis-server.ts';

const signal = NEVER;
const PASSWORD = 'hunter2-öß@:/';
const folder = mkdtempSync(join(tmpdir(), 'meshbus-tls-'));
const authority = new Authority('tests');
let server: RedisServer;
let tlsPort: number;

beforeAll(async () => {
  const issued = authority.issue('localhost');
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  tlsPort = await freePort();
  server = await RedisServer.start({
    'tls-port': String(tlsPort),
    'tls-cert-file': file('cert.pem', issued.cert),
    'tls-key-file': file('key.pem', issued.key),
    'tls-ca-cert-file': file('ca.pem', authority.cert),
    'tls-auth-clients': 'no',
  });
  const client = await plainClient(server.url);
  await client.sendCommand(['ACL', 'SETUSER', 'default', 'resetpass', `>${PASSWORD}`]);
  client.destroy();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

function withUser(user: string, password: string): string {
  return server.url.replace('//', `//${user}:${encodeURIComponent(password)}@`);
}

async function passes(url: string, options: RedisOptions = {}): Promise<void> {
  const { adapter } = await openRedis(url, { prefix: `p${Math.random()}`, ...options });
  await adapter.onBatch(new BatchMaker({ producer: 'aa-01' }).batch(0, ['one']), { signal });
  expect(texts((await readAll(adapter)).records)).toEqual(['one']);
  await adapter.shutdown({ signal });
}

async function refusal(url: string, options: RedisOptions = {}): Promise<{ kind?: string; message?: string }> {
  const error: unknown = await openRedis(url, options).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/hunter|wrong-secret/);
  return error as { kind?: string; message?: string };
}

test('a password stands in the URL or in the options', async () => {
  await passes(withUser('', PASSWORD));
  await passes(withUser('default', PASSWORD));
  await passes(server.url, { password: PASSWORD });
});

test('G2 no password and a wrong one are Connection, and no error shows it', async () => {
  expect(await refusal(server.url)).toMatchObject({ kind: 'Connection', message: expect.stringContaining('NOAUTH') });
  expect(await refusal(withUser('', 'wrong-secret'))).toMatchObject({ kind: 'Connection' });
  expect(await refusal(server.url, { username: 'nobody', password: 'wrong-secret' })).toMatchObject({
    kind: 'Connection',
  });
});

test('a user with the rights that the guide lists writes and reads, and one with less is told what it may not', async () => {
  const client = await plainClient(withUser('', PASSWORD));
  const rights =
    /ACL SETUSER \w+ on >\S+ (.+)$/m.exec(readFileSync('docs/guide/redis.md', 'utf8'))?.[1]?.split(' ') ?? [];
  expect(rights.length).toBeGreaterThan(5);
  const give = (user: string, words: readonly string[]) =>
    client.sendCommand(['ACL', 'SETUSER', user, 'reset', 'on', `>${PASSWORD}`, ...words]);
  await give('worker', rights);
  await passes(withUser('worker', PASSWORD), { prefix: 'orders' });
  const blind = rights.filter((word) => word !== '+info' && word !== '+config|get');
  await give(
    'blind',
    blind.map((word) => word.replaceAll('orders', 'blind')),
  );
  await passes(withUser('blind', PASSWORD), { prefix: 'blind' });
  await give(
    'weak',
    rights.filter((word) => word !== '+xadd'),
  );
  const { adapter } = await openRedis(withUser('weak', PASSWORD), { prefix: 'orders' });
  const refused = adapter.onBatch(new BatchMaker({ producer: 'bb-01' }).batch(0, ['two']), { signal });
  await expect(refused).rejects.toMatchObject({ kind: 'Connection' });
  expect(texts((await readAll(adapter)).records)).toEqual(['one']);
  await adapter.shutdown({ signal });
  await give('reader', rights.slice(0, rights.indexOf('+set')));
  const reading = await openRedis(withUser('reader', PASSWORD), { prefix: 'orders', readOnly: true });
  expect(texts((await readAll(reading.adapter)).records)).toEqual(['one']);
  expect(await reading.adapter.listShards?.()).toHaveLength(1);
  await reading.adapter.shutdown({ signal });
  client.destroy();
});

test('TLS: a certificate that is trusted, and none that is not', async () => {
  const url = `rediss://:${encodeURIComponent(PASSWORD)}@localhost:${tlsPort}`;
  const trusting = { ca: authority.cert, servername: 'localhost', checkServerIdentity: () => undefined };
  await passes(url, { tls: trusting });
  expect(await refusal(url)).toMatchObject({ kind: 'Connection', message: expect.stringMatching(/certificate/) });
  expect(await refusal(url, { tls: { ...trusting, ca: new Authority('other').cert } })).toMatchObject({
    kind: 'Connection',
  });
  expect(await refusal(url.replace('rediss', 'redis'))).toMatchObject({ kind: 'Connection' });
});
