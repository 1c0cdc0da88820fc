// The options of the links: what each becomes, and every fault at once.
import { expect, test } from 'vitest';
import { isLocalOnly, tryAddress } from '../../../../../src/adapters/net/link/address.ts';
import { type LinkOptions, readLinkOptions } from '../../../../../src/adapters/net/link/link-options.ts';
import { LINK_DEFAULTS } from '../../../../../src/adapters/net/link/link-settings.ts';
import type { ConfigFault } from '../../../../../src/errors/config-error.ts';

test('addresses are host:port, IPv6 in brackets, and loopback without a host', () => {
  expect(tryAddress('node-1.mesh.local:7777')).toEqual({ host: 'node-1.mesh.local', port: 7777 });
  expect(tryAddress('[2001:DB8::1]:1')).toEqual({ host: '2001:DB8::1', port: 1 });
  expect(tryAddress(':7777')).toEqual({ host: '127.0.0.1', port: 7777 });
  expect(tryAddress('7777')).toEqual({ host: '127.0.0.1', port: 7777 });
  for (const text of [
    '',
    'host',
    'host:',
    'host:65536',
    '1.2.3:1',
    '256.1.1.1:1',
    '::1:7',
    'a b:1',
    'net://a:1',
    '-a:1',
  ]) {
    expect(tryAddress(text), text).toBeUndefined();
  }
});

test('addresses that mean this machine or this cable alone are told from others', () => {
  const local = [
    '127.9.9.9',
    '0.0.0.0',
    '169.254.1.1',
    '::1',
    '::',
    'fe80::1',
    '::ffff:127.0.0.1',
    'localhost',
    'a.localhost.',
  ];
  expect(local.filter((host) => !isLocalOnly(host))).toEqual([]);
  expect(['10.0.0.1', '8.8.8.8', 'fd00::1', '2001:db8::1', 'host', '::ffff:10.0.0.1'].filter(isLocalOnly)).toEqual([]);
});

test('without options everything has its default', () => {
  const settings = readLinkOptions({ insecure: true }, []);
  expect(settings).toEqual({ ...LINK_DEFAULTS, credentials: settings?.credentials });
});

test('every option arrives', () => {
  const options: LinkOptions = {
    listen: ['0.0.0.0:1', 2],
    advertise: 'a:3',
    peers: ['b:4', '[::1]:5'],
    mesh: 'm',
    insecure: true,
    discover: true,
    maxPeers: 6,
    handshakeTimeoutMs: 700,
    pingMs: 80,
    silenceMs: 900,
    keepAliveMs: 0,
    reconnectBaseMs: 11,
    reconnectMaxMs: 12,
  };
  const { insecure, listen, advertise, peers, ...same } = options;
  expect(readLinkOptions(options, [])).toMatchObject({
    ...same,
    listen: [
      { host: '0.0.0.0', port: 1 },
      { host: '127.0.0.1', port: 2 },
    ],
    advertise: [{ host: 'a', port: 3 }],
    peers: [
      { host: 'b', port: 4 },
      { host: '::1', port: 5 },
    ],
  });
});

test('limits follow each other: silence is three pings or more, the longest delay not below the first', () => {
  expect(readLinkOptions({ insecure: true, pingMs: 20_000, reconnectBaseMs: 20_000 }, [])).toMatchObject({
    silenceMs: 100_000,
    reconnectMaxMs: 20_000,
  });
  const faults: ConfigFault[] = [];
  readLinkOptions({ insecure: true, pingMs: 1000, silenceMs: 2999, reconnectBaseMs: 50, reconnectMaxMs: 49 }, faults);
  expect(faults.map(({ path }) => path)).toEqual(['net.silenceMs', 'net.reconnectMaxMs']);
});

test('all faults are told together', () => {
  const faults: ConfigFault[] = [];
  const wrong = {
    listen: 'x',
    advertise: ['a:0', 7],
    peers: [{}],
    mesh: '',
    discover: 1,
    maxPeers: 0,
    keepAliveMs: 1.5,
  };
  expect(readLinkOptions({ insecure: true, ...wrong } as unknown as LinkOptions, faults)).toBeUndefined();
  expect(faults.map(({ path }) => path)).toEqual([
    'net.listen',
    'net.advertise[0]',
    'net.advertise[1]',
    'net.peers[0]',
    'net.mesh',
    'net.discover',
    'net.maxPeers',
    'net.keepAliveMs',
  ]);
});
