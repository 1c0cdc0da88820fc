// Field case 44 on NATS: the server is absent at the start, or gone during shutdown; idle connections are dropped.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../support/servers/free-port.ts';
import { NatsServer } from '../support/servers/nats-server.ts';
import { TcpProxy } from '../support/servers/tcp-proxy.ts';
import { tidyOutput } from '../support/tidy-process.ts';

let server: NatsServer;
let silent: TcpProxy;

beforeAll(async () => {
  server = await NatsServer.start();
  silent = await TcpProxy.start(server.port);
  silent.halfOpen(true);
});
afterAll(async () => {
  await silent.stop();
  await server.dispose();
});

test('case 44 a server that is absent, and one that never answers, make create reject with Connection', async () => {
  const port = await freePort();
  const code = (at: number): string => `
  console.log(await kindOf(EventBus.create({ adapter: jetstream('nats://127.0.0.1:${at}'), adapterTimeoutMs: 500 })));`;
  expect(await tidyOutput(code(port))).toBe('Connection\nnothing left\n');
  expect(await tidyOutput(code(silent.port))).toBe('Connection\nnothing left\n');
});

test('case 44 a bus whose idle connections are dropped repairs them unnoticed', async () => {
  const code = `
  const { TcpProxy } = await import('./test/support/servers/tcp-proxy.ts');
  const proxy = await TcpProxy.start(${server.port});
  const adapter = jetstream('nats://127.0.0.1:' + proxy.port, { prefix: 'idle' });
  const bus = await EventBus.create({ adapter, onDeadLetter: () => console.log('dead letter') });
  const round = async (n) => {
    bus.ingestRaw('event ' + n);
    await bus.flush();
    return (await bus.poll({ limit: 100 })).events.length;
  };
  console.log(await round(1));
  proxy.cut();
  console.log(await round(2));
  proxy.cut();
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log(await round(3));
  proxy.cut();
  console.log((await bus.poll({ limit: 100 })).events.length);
  await bus.shutdown();
  await proxy.stop();`;
  expect(await tidyOutput(code)).toBe('1\n2\n3\n3\nnothing left\n');
});

test('case 44 F2 a bus whose server is killed settles its shutdown within its deadline, and the process ends', async () => {
  const mortal = await NatsServer.start();
  const code = `
  const bus = await EventBus.create({ adapter: jetstream('${mortal.url}'), shutdownTimeoutMs: 300 });
  const reading = kindOf((async () => { for await (const event of bus.subscribe()) console.log(event.text()); })());
  bus.ingestRaw('early');
  await bus.flush();
  process.kill(${mortal.processId}, 'SIGKILL');
  bus.ingestRaw('late');
  console.log(await kindOf(bus.shutdown()));
  console.log(await reading);
  const { eventsIngested, eventsDropped } = bus.stats;
  console.log(eventsIngested, eventsDropped);`;
  const lines = (await tidyOutput(code)).split('\n').filter((line) => line !== 'early');
  expect(lines).toEqual(['Fatal', 'resolved', '2 1', 'nothing left', '']);
  await mortal.dispose();
});
