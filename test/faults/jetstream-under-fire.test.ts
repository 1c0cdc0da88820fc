// Producers ingest while nats-server is killed, connections are cut, half-opened and lose replies, and a producer itself is
// killed. At the end everything that a resolved flush covered is there, once. brokers/under-fire.ts tells how.
// The server's files are synchronous where it has the setting, from 2.10 on. A failure of power is not tried either way.
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
import { NatsServer } from '../support/servers/nats-server.ts';
import { type Broker, PREFIX } from './brokers/broker.ts';
import { FIRE_MS, standFire } from './brokers/under-fire.ts';

let server: NatsServer;

beforeAll(async () => {
  server = await NatsServer.start({ jetstream: 'sync_interval: always' }).catch(() => NatsServer.start());
});
afterAll(() => server.dispose());

function broker(): Broker {
  return {
    name: 'jetstream',
    port: server.port,
    kill: () => server.kill(),
    restart: () => server.up(),
    adapter: (url) => jetstream(url, { prefix: PREFIX }),
    adapterCode: `
      import { jetstream } from './src/adapters/jetstream/index.ts';
      const open = (url, prefix, packing) => jetstream(url, { prefix, packing });`,
    // Acknowledgements, and whatever else the server says: the batch is stored, and nobody knows.
    loss: { request: (chunk) => chunk.includes('HPUB '), reply: (chunk) => chunk.includes('"seq":') },
    // Messages without their data: what was stored of a batch is read back, and is not sent again.
    skipped: (chunk) => chunk.includes('Nats-Msg-Size: '),
    around,
    figures: () => ({}),
  };
}

/** The newest message of the producer and shard of an event, as the server tells it. */
async function around(id: string): Promise<string[]> {
  const [producer, shard] = id.split('/');
  const connection = await connect({ servers: server.url });
  const body = JSON.stringify({ last_by_subj: `${PREFIX}.${shard}.${producer}` });
  const answer = await connection.request(`$JS.API.STREAM.MSG.GET.${PREFIX}`, body);
  await connection.close();
  return [answer.string()];
}

test(
  'A2 D3 F1 under fire everything that a resolved flush covered is there once, from two buses on one prefix',
  () => expect(standFire(broker())).resolves.toBeUndefined(),
  FIRE_MS + 120_000,
);
