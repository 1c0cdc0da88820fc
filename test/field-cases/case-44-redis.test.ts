// Field case 44 on Redis: the server is absent at the start, or gone during shutdown; idle connections are dropped.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/servers/free-port.ts';
import { RedisServer } from '../support/servers/redis-server.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';
import { tidyOutput } from '../support/tidy-process.ts';

let server: RedisServer;
let silent: TcpProxy;

beforeAll(async () => {
  server = await RedisServer.start({ timeout: '1' });
  silent = await TcpProxy.start(server.port);
  silent.halfOpen(true);
});
afterAll(async () => {
  await silent.stop();
  await server.stop();
});

test('case 44 a server that is absent, and one that never answers, make create reject with Connection', async () => {
  const port = await freePort();
  const code = (at: number): string => `
  console.log(await kindOf(EventBus.create({ adapter: redis('redis://127.0.0.1:${at}'), adapterTimeoutMs: 500 })));`;
  expect(await tidyOutput(code(port))).toBe('Connection\nnothing left\n');
  expect(await tidyOutput(code(silent.port))).toBe('Connection\nnothing left\n');
});

test('case 44 a bus whose idle connections the server drops, by time or by command, repairs them unnoticed', async () => {
  const code = `
  const { createClient } = await import(['redis'].join(''));
  const bus = await EventBus.create({ adapter: redis('${server.url}'), onDeadLetter: () => console.log('dead letter') });
  const round = async (n) => {
    bus.ingestRaw('event ' + n);
    await bus.flush();
    return (await bus.poll({ limit: 100 })).events.length;
  };
  console.log(await round(1));
  const client = await createClient({ url: '${server.url}' }).connect();
  await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
  console.log(await round(2));
  const clients = async () => (await client.sendCommand(['CLIENT', 'LIST', 'TYPE', 'normal'])).trim().split('\\n').length;
  while ((await clients()) > 1) await new Promise((resolve) => setTimeout(resolve, 50));
  client.destroy();
  console.log(await round(3));
  await bus.shutdown();`;
  expect(await tidyOutput(code)).toBe('1\n2\n3\nnothing left\n');
});

test('case 44 F2 a bus whose server is killed settles its shutdown within its deadline, and the process ends', async () => {
  const code = `
  const bus = await EventBus.create({ adapter: redis('${server.url}'), shutdownTimeoutMs: 300 });
  const stop = new AbortController();
  const reading = (async () => { for await (const event of bus.subscribe({ signal: stop.signal })) console.log(event.text()); })();
  const { createClient } = await import(['redis'].join(''));
  const client = await createClient({ url: '${server.url}' }).connect();
  client.on('error', () => undefined);
  await client.sendCommand(['SHUTDOWN', 'NOSAVE']).catch(() => undefined);
  client.destroy();
  bus.ingestRaw('late');
  console.log(await kindOf(bus.shutdown()));
  console.log(await kindOf(reading));
  const { eventsIngested, eventsDropped } = bus.stats;
  console.log(eventsIngested, eventsDropped);`;
  expect((await tidyOutput(code)).split('\n').slice(-4)).toEqual([expect.any(String), '1 1', 'nothing left', '']);
});
