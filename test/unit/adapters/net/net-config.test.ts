// The configuration of a node step by step: steps change nothing, nothing of it is seen, its faults come with all others.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { AdapterConfig, ConfigError, EventBus, EventBusConfig, log, memory, net } from '../../../../src/index.ts';
import { Authority } from '../../../support/certificates.ts';
import { failure } from '../../../support/failure.ts';

const SECRET = 'a secret of the mesh, 32 bytes or more';

test('a step makes a new configuration and leaves the one before as it was', () => {
  const bare = net();
  const keyed = bare.psk(SECRET);
  expect(keyed.check()).toEqual([]);
  expect(bare.check()).toMatchObject([{ path: 'net.psk' }]);
  keyed.peer('no port');
  expect(keyed.check()).toEqual([]);
  expect(Object.isFrozen(keyed)).toBe(true);
});

test('options and the object of a caller are not changed', () => {
  const peers = ['a:1'];
  const options = Object.freeze({ psk: SECRET, peers: Object.freeze(peers) });
  expect(net(options).peer('b:2').listen(0).check()).toEqual([]);
  expect(peers).toEqual(['a:1']);
});

test('every step sets its option', () => {
  const authority = new Authority('mesh');
  const wrong = net()
    .listen('x', 7)
    .listen('y')
    .advertise('a:0')
    .peer('z')
    .mesh('')
    .store(log('/tmp/never-opened', { readOnly: true }))
    .confirm(0)
    .psk('short')
    .check();
  expect(wrong.map(({ path }) => path)).toEqual([
    'net.psk',
    'net.listen[0]',
    'net.listen[2]',
    'net.advertise[0]',
    'net.peers[0]',
    'net.mesh',
    'net.store',
    'net.confirm',
  ]);
  const tls = { ...authority.issue('node'), ca: authority.cert };
  expect(net().tls(tls).check()).toEqual([]);
  expect(net().tls(tls).psk(SECRET).check()).toMatchObject([{ path: 'net' }]);
});

test('the builder of the specification takes it', async () => {
  const config = EventBusConfig.builder()
    .shards(1)
    .adapter(AdapterConfig.net().listen('127.0.0.1:0').peer('127.0.0.1:1').psk(SECRET).store(memory()))
    .build();
  const bus = await EventBus.create(config);
  expect(bus.stats.adapter).toMatchObject({ dials: [{ address: '127.0.0.1:1' }] });
  await bus.shutdown();
});

test('nothing of it is seen: no print, no copy and no text has the key', () => {
  for (const config of [
    net({ psk: SECRET }),
    net().psk({ 2026: SECRET }).listen(0),
    net({ psk: SECRET.slice(0, 8) }),
  ]) {
    const shown = [inspect(config, { depth: 9, showHidden: true }), JSON.stringify(config), String(config)].join();
    expect(shown).not.toContain(SECRET.slice(0, 8));
    expect(shown).not.toContain(Buffer.from(SECRET).toString('hex').slice(0, 16));
  }
});

test('G1 a bus tells the faults of the node together with its own, and none has the key', async () => {
  const adapter = net({ psk: SECRET.slice(0, 20), maxStreams: 0, peers: `user:${SECRET}@host` });
  const error = (await EventBus.create({ shards: 0, ringCapacity: -1, adapter }).catch(
    (cause) => cause,
  )) as ConfigError;
  expect(error).toBeInstanceOf(ConfigError);
  const paths = ['net.maxStreams', 'net.peers', 'net.psk', 'ringCapacity', 'shards'];
  expect(error.faults.map(({ path }) => path)).toEqual(paths);
  expect(inspect(error, { depth: 9 })).not.toContain(SECRET.slice(0, 20));
});

test('created by hand, a faulty one says what is wrong', () => {
  expect(failure(() => net().create())).toMatchObject({
    code: 'EBUS_CONFIG_INVALID',
    faults: [{ path: 'net.psk' }],
  });
});

test('without a store it keeps its streams as long as the configuration lives', async () => {
  const adapter = net({ psk: SECRET });
  const first = await EventBus.create({ adapter, shards: 1 });
  first.ingestRaw('one');
  await first.shutdown();
  const second = await EventBus.create({ adapter, shards: 1 });
  const { events } = await second.poll({ limit: 10 });
  await second.shutdown();
  expect(events.map((event) => event.text())).toEqual(['one']);
});
