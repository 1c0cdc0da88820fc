// Who may connect, and how: users, tokens, nkeys, credentials, TLS, permissions. Nothing secret is in what is thrown.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createUser } from '@nats-io/nkeys';
import { afterEach, expect, test } from 'vitest';
import type { JetStreamOptions } from '../../src/adapters/jetstream/config.ts';
import { BatchMaker } from '../../src/testing/index.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { NEVER, openJetStream, readAll, texts } from '../support/jetstream-store.ts';
import { operatorMode } from '../support/nats-jwt.ts';
import { freePort } from '../support/servers/free-port.ts';
import { NatsServer } from '../support/servers/nats-server.ts';

const servers: NatsServer[] = [];

afterEach(async () => {
  for (const each of servers.splice(0)) await each.dispose();
});

async function serve(config: string): Promise<NatsServer> {
  const server = await NatsServer.start({ config });
  servers.push(server);
  return server;
}

/** Writes and reads an event. */
async function works(url: string | readonly string[], options: JetStreamOptions = {}): Promise<void> {
  const { adapter, close } = await openJetStream(url as string, options);
  await adapter.onBatch(new BatchMaker().batch(0, ['one']), { signal: NEVER });
  expect(texts((await readAll(adapter)).records)).toEqual(['one']);
  await close();
}

/** Refused as Connection, at the start, without any of the secrets. */
async function refused(url: string, options: JetStreamOptions, secrets: readonly string[]): Promise<void> {
  const error: unknown = await openJetStream(url, options).catch((each: unknown) => each);
  expect(error).toMatchObject({ name: 'AdapterError', kind: 'Connection' });
  for (const secret of secrets) expect(inspect(error, { depth: 9 })).not.toContain(secret);
}

test('G2 a user and password come from the URL or from options, and are in no error', async () => {
  const { port } = await serve('authorization { user: "al i", password: "s3c/ret" }');
  await works(`nats://al%20i:s3c%2Fret@127.0.0.1:${port}`);
  await works(`nats://127.0.0.1:${port}`, { user: 'al i', password: 's3c/ret' });
  await refused(`nats://al%20i:hunter2@127.0.0.1:${port}`, {}, ['hunter2', 'al%20i']);
  await refused(`nats://127.0.0.1:${port}`, { user: 'bob', password: 'hunter2' }, ['hunter2']);
  await refused(`nats://127.0.0.1:${port}`, {}, []);
});

test('a token comes from the URL or from an option', async () => {
  const { port } = await serve('authorization { token: "t0ken" }');
  await works(`nats://t0ken@127.0.0.1:${port}/by-url`);
  await works(`nats://127.0.0.1:${port}`, { token: 't0ken' });
  await refused(`nats://wr0ng@127.0.0.1:${port}`, {}, ['wr0ng']);
});

test('an nkey signs in', async () => {
  const [mine, other] = [createUser(), createUser()].map((pair) => ({
    seed: new TextDecoder().decode(pair.getSeed()),
    key: pair.getPublicKey(),
  }));
  const { url } = await serve(`authorization { users: [ { nkey: ${mine?.key} } ] }`);
  await works(url, { nkey: mine?.seed });
  await refused(url, { nkey: other?.seed }, [other?.seed as string]);
});

test('a credentials file signs in', async () => {
  const [mine, other] = [operatorMode(), operatorMode()];
  const { url } = await serve(mine.config);
  await works(url, { credentials: mine.credentials });
  await refused(url, { credentials: other.credentials }, other.credentials.split('\n'));
  await refused(url, { credentials: 'nonsense-s3cret' }, ['nonsense-s3cret']);
});

/** A server that is down, its TLS block, and what a client of it needs. */
async function tlsServer(): Promise<{
  server: NatsServer;
  block: string;
  ca: string;
  mine: Issued;
  stranger: Authority;
}> {
  const [authority, stranger] = [new Authority('authority'), new Authority('stranger')];
  const [own, mine] = [authority.issue('localhost'), authority.issue('client')];
  const server = await NatsServer.start();
  servers.push(server);
  await server.stop();
  const file = (name: string, text: string): string => {
    writeFileSync(join(server.folder, name), text);
    return JSON.stringify(join(server.folder, name));
  };
  const files = [file('cert.pem', own.cert), file('key.pem', own.key), file('ca.pem', authority.cert)];
  const block = `cert_file: ${files[0]}, key_file: ${files[1]}, ca_file: ${files[2]}, verify: true`;
  return { server, block, ca: authority.cert, mine, stranger };
}

test('TLS by scheme and option, with an authority and a certificate of the client', async () => {
  const { server, block, ca, mine, stranger } = await tlsServer();
  await server.up({ config: `tls { ${block} }` });
  const url = `tls://localhost:${server.port}`;
  await works(url, { tls: { ca, ...mine } });
  await works(`nats://localhost:${server.port}/other`, { tls: { ca, ...mine } });
  await refused(url, { tls: { ca: stranger.cert, ...mine } }, [mine.key]);
  await refused(url, { tls: { ca } }, []);
  await refused(url, {}, []);
});

test('handshakeFirst goes with a server that is silent until TLS has begun, and is refused by one that speaks first', async () => {
  const { server, block, ca, mine } = await tlsServer();
  const url = `tls://localhost:${server.port}`;
  const options = { tls: { ca, ...mine, handshakeFirst: true } };
  // nats-server 2.9 does not know the setting, and does not start with it.
  const knows = await server.up({ config: `tls { ${block}, handshake_first: true }`, isSilent: true }).then(
    () => true,
    () => false,
  );
  if (knows) {
    await works(url, options);
    await server.stop();
  }
  await server.up({ config: `tls { ${block} }` });
  await refused(url, options, [mine.key]);
});

test('permissions that lack publishing fail the batch at once, and it is not retried', async () => {
  const config = `authorization { users: [
    { user: all, password: p },
    { user: reader, password: p, permissions: { publish: ["$JS.API.>", "$JS.ACK.>"], subscribe: ["_INBOX.>"] } } ] }`;
  const { port } = await serve(config);
  await works(`nats://all:p@127.0.0.1:${port}`);
  const { adapter, close } = await openJetStream(`nats://reader:p@127.0.0.1:${port}`);
  expect(texts((await readAll(adapter)).records)).toEqual(['one']);
  const batch = new BatchMaker({ producer: 'bb-02' }).batch(0, ['two']);
  await expect(adapter.onBatch(batch, { signal: NEVER })).rejects.toMatchObject({
    kind: 'Connection',
    message: expect.stringContaining('publish to "meshbus.0.bb-02"'),
  });
  await close();
});

test('the next server of a list is taken when one is away', async () => {
  const first = await serve('');
  await works([`nats://127.0.0.1:1`, first.url]);
});

test('the connection has the name that it is given', async () => {
  const monitoring = await freePort();
  const monitor = await NatsServer.start({ config: `http: "127.0.0.1:${monitoring}"` });
  servers.push(monitor);
  const { close } = await openJetStream(monitor.url, { name: 'orders-service' });
  const answer = await fetch(`http://127.0.0.1:${monitoring}/connz`);
  const { connections } = (await answer.json()) as { connections: { name: string }[] };
  expect(connections.map(({ name }) => name)).toContain('orders-service');
  await close();
});
