// What the links rely on in node:tls, pinned: who is let in by a key or a certificate, and who is not.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type ConnectionOptions, connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { Credentials } from '../../../../../src/adapters/net/link/credentials.ts';
import { CIPHERS, PROTOCOL } from '../../../../../src/adapters/net/link/tls-sockets.ts';
import { Authority } from '../../../../support/certificates.ts';
import { KEY, keyed } from '../../../../support/net/link-node.ts';
import { TlsPair } from './tls-pair.ts';

const pairs: TlsPair[] = [];
afterEach(async () => {
  await Promise.all(pairs.splice(0).map((pair) => pair.close()));
});

async function serve(credentials: Credentials): Promise<TlsPair> {
  const pair = await TlsPair.serve(credentials);
  pairs.push(pair);
  return pair;
}

const authority = new Authority('mesh');

function certified(from: Authority, ca = from): Credentials {
  return Credentials.ofCertificate({ ...from.issue('node'), ca: ca.cert });
}

test('a key runs with an ephemeral exchange: resumed on both ends, authorized by no certificate', async () => {
  const pair = await serve(keyed(KEY));
  const ends = await pair.dial(keyed(KEY));
  const [client, server] = [ends.client as TLSSocket, ends.server as TLSSocket];
  expect(client.getEphemeralKeyInfo()).toMatchObject({ type: 'ECDH', name: 'X25519' });
  expect([client.isSessionReused(), server.isSessionReused(), server.authorized]).toEqual([true, true, false]);
  expect([client.getPeerCertificate(), server.getPeerCertificate()]).toEqual([{}, {}]);
  expect([client.getProtocol(), client.alpnProtocol, server.alpnProtocol]).toEqual(['TLSv1.3', PROTOCOL, PROTOCOL]);
  expect(CIPHERS).toBe('TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256');
  expect(CIPHERS.split(':')).toContain(server.getCipher().standardName);
});

test('a cipher with SHA-384 does not go with a key', async () => {
  const pair = await serve(keyed(KEY));
  const { key, id } = keyed(KEY).keyForDial(0) as { key: Buffer; id: string };
  const dial = { ca: [], pskCallback: () => ({ psk: key, identity: id }), ALPNProtocols: [PROTOCOL] };
  const { server } = await pair.dialWith({ ...dial, ciphers: 'TLS_AES_256_GCM_SHA384' });
  expect(server).toMatch(/^ERR_SSL_/);
});

test('a wrong key, an unknown id and no key are refused, and the dial says which', async () => {
  const pair = await serve(keyed(KEY));
  expect(await pair.dial(keyed(randomBytes(32)))).toMatchObject({
    client: expect.stringContaining('alert illegal parameter'),
    server: 'ERR_SSL_BINDER_DOES_NOT_VERIFY',
  });
  expect(await pair.dial(keyed(KEY, 'other'))).toMatchObject({
    client: expect.stringContaining('handshake failure'),
    server: expect.stringMatching(/^ERR_SSL_/),
  });
  const { server } = await pair.dialWith({ ca: [], rejectUnauthorized: false, ALPNProtocols: [PROTOCOL] });
  expect(server).toMatch(/^ERR_SSL_/);
});

test('a client with a key believes no certificate, and one with a certificate no key', async () => {
  const certifying = await serve(certified(authority));
  expect((await certifying.dial(keyed(KEY))).client).toEqual(expect.any(String));
  const keying = await serve(keyed(KEY));
  const { client, server } = await keying.dial(certified(authority));
  expect([client, server]).toEqual([expect.any(String), expect.any(String)]);
});

test('why a side with a key has no certificate and no authority: either lets in whoever has no key', async () => {
  const { cert, key: privateKey } = authority.issue('node');
  const { key: psk, id: identity } = keyed(KEY).keyForDial(0) as { key: Buffer; id: string };
  const reach = async (
    server: Server,
    options: ConnectionOptions,
  ): Promise<{ reused: boolean; authorized: boolean }> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const socket = connect({ port, host: '127.0.0.1', checkServerIdentity: () => undefined, ...options });
    await once(socket, 'secureConnect');
    const facts = { reused: socket.isSessionReused(), authorized: socket.authorized };
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    return facts;
  };
  const both = createServer({ cert, key: privateKey, pskCallback: () => psk, minVersion: 'TLSv1.3' });
  expect(await reach(both, { rejectUnauthorized: false })).toEqual({ reused: false, authorized: false });
  const certifying = createServer({ cert, key: privateKey, minVersion: 'TLSv1.3' });
  const keyedClient = { ca: authority.cert, pskCallback: () => ({ psk, identity }), ciphers: CIPHERS };
  expect(await reach(certifying, keyedClient)).toEqual({ reused: false, authorized: true });
});

test('keys are rotated: each lets others in, the first one dials, the next one after a refusal', async () => {
  const [old, fresh] = [randomBytes(32), randomBytes(32)];
  const both = Credentials.ofKeys([
    ['new', fresh],
    ['old', old],
  ]);
  const pair = await serve(both);
  expect((await pair.dial(keyed(old, 'old'))).client).toBeTypeOf('object');
  expect((await pair.dial(keyed(fresh, 'new'))).client).toBeTypeOf('object');
  const outdated = await serve(keyed(old, 'old'));
  expect((await outdated.dial(both, 0)).client).toEqual(expect.any(String));
  expect((await outdated.dial(both, 1)).client).toBeTypeOf('object');
});

test('no session of a key that was taken back lets anyone in', async () => {
  const sessions: Buffer[] = [];
  const before = await serve(keyed(KEY));
  const { key, id } = keyed(KEY).keyForDial(0) as { key: Buffer; id: string };
  const options = { ca: [], ciphers: CIPHERS, ALPNProtocols: [PROTOCOL], rejectUnauthorized: false };
  const { client, server } = await before.dialWith({ ...options, pskCallback: () => ({ psk: key, identity: id }) });
  client.on('session', (session) => sessions.push(session));
  (server as TLSSocket).write('so that the client reads what came with the handshake');
  await once(client, 'data');
  expect(sessions.length).toBeGreaterThan(0);
  const after = await serve(keyed(randomBytes(32), 'next'));
  for (const session of [...sessions, client.getSession()].filter((each) => each !== undefined)) {
    for (const pair of [before, after]) {
      expect((await pair.dialWith({ ...options, session })).server).toMatch(/^ERR_SSL_/);
    }
  }
});

test('certificates of one authority let each other in, whatever their names', async () => {
  const pair = await serve(certified(authority));
  const { client, server } = await pair.dial(certified(authority));
  expect([(client as TLSSocket).authorized, (server as TLSSocket).authorized]).toEqual([true, true]);
  expect((server as TLSSocket).isSessionReused()).toBe(false);
});

test('with certificates the client is through before the server has refused it', async () => {
  const pair = await serve(certified(authority));
  const stranger = new Authority('mesh');
  const { client, server } = await pair.dial(certified(stranger, authority));
  expect(server).toEqual(expect.any(String));
  expect((client as TLSSocket).authorized).toBe(true); // So a link is up only after the hello.
});

test('a server of another authority is not believed', async () => {
  const pair = await serve(certified(new Authority('mesh'), authority));
  expect((await pair.dial(certified(authority))).client).toEqual(expect.any(String));
});

test('another protocol is refused, a later major version gets as far as the hello', async () => {
  const pair = await serve(keyed(KEY));
  const { key, id } = keyed(KEY).keyForDial(0) as { key: Buffer; id: string };
  const options = { ca: [], ciphers: CIPHERS, pskCallback: () => ({ psk: key, identity: id }) };
  expect((await pair.dialWith({ ...options, ALPNProtocols: ['h2'] })).server).toMatch(/^ERR_SSL_/);
  expect((await pair.dialWith(options)).server).toBe('it speaks another protocol');
  const later = await pair.dialWith({ ...options, ALPNProtocols: ['meshbus/2'] });
  expect((later.server as TLSSocket).alpnProtocol).toBe('meshbus/2');
});
