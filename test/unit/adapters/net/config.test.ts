// The options of a node: what each becomes, every fault with its path, and no secret in any of them.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type NetOptions, type NetSettings, NUMBERS, readNetOptions } from '../../../../src/adapters/net/config.ts';
import { LINK_DEFAULTS } from '../../../../src/adapters/net/link/link-settings.ts';
import { ConfigError, type ConfigFault } from '../../../../src/errors/config-error.ts';
import { type AdapterFactory, log, memory, noop } from '../../../../src/index.ts';

const SECRET = 'a secret of the mesh, 32 bytes or more';
const MEBIBYTE = 1_048_576;

function settingsOf(options: NetOptions): NetSettings {
  const faults: ConfigFault[] = [];
  const settings = readNetOptions({ psk: SECRET, ...options }, faults);
  if (settings === undefined) throw ConfigError.ofFaults(faults);
  expect(faults).toEqual([]);
  return settings;
}

function faultsOf(options: unknown): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  expect(readNetOptions(options, faults)).toBeUndefined();
  const shown = inspect(faults, { depth: 9 }) + ConfigError.ofFaults(faults).message;
  expect(shown).not.toContain(SECRET);
  return faults;
}

function pathsOf(options: object): string[] {
  return faultsOf({ psk: SECRET, ...options }).map(({ path }) => path);
}

test('a key alone has the defaults', () => {
  const { link, ...rest } = settingsOf({});
  expect(rest).toEqual({
    store: undefined,
    confirm: 0,
    receives: true,
    maxStreams: 10_000,
    forgetAfterMs: 604_800_000,
    joinTimeoutMs: 0,
    recentBytes: 64 * MEBIBYTE,
  });
  expect(link).toEqual({ ...LINK_DEFAULTS, credentials: link.credentials });
});

test('every option arrives', () => {
  const options: NetOptions = {
    store: memory(),
    confirm: 2,
    receive: false,
    maxStreams: 5,
    maxBufferBytes: 64 * MEBIBYTE,
    forgetAfterMs: 60_000,
    joinTimeoutMs: 7,
    mesh: 'orders',
    maxPeers: 32,
  };
  const { link, store, ...rest } = settingsOf(options);
  expect(store?.name).toBe('memory');
  expect(rest).toEqual({
    confirm: 2,
    receives: false,
    maxStreams: 5,
    forgetAfterMs: 60_000,
    joinTimeoutMs: 7,
    recentBytes: 8 * MEBIBYTE,
  });
  expect(link).toMatchObject({ mesh: 'orders', maxPeers: 32, windowBytes: MEBIBYTE, roomBytes: (3 * MEBIBYTE) / 8 });
  expect(settingsOf({ confirm: 'local' }).confirm).toBe(0);
  expect(settingsOf({ store: log('/tmp/never-opened') }).store).toMatchObject({ name: 'log', durable: true });
});

test.each([
  [16 * MEBIBYTE, 1],
  [16 * MEBIBYTE, 128],
  [128 * MEBIBYTE, 1024],
  [512 * MEBIBYTE, 64],
  [2 ** 40, 1024],
])(
  'windows, what waits and what is at hand stay within maxBufferBytes: %i over %i peers',
  (maxBufferBytes, maxPeers) => {
    const { link, recentBytes } = settingsOf({ maxBufferBytes, maxPeers });
    expect((link.windowBytes + 2 * link.roomBytes) * maxPeers + recentBytes).toBeLessThanOrEqual(maxBufferBytes);
    expect(link.windowBytes).toBeGreaterThan(0);
    expect(link.roomBytes).toBeGreaterThan(0);
  },
);

test.each(Object.entries(NUMBERS))('%s is a whole number within its limits', (name, { min, max, fallback }) => {
  for (const value of [min, max, undefined]) {
    expect(faultsIn({ [name]: value }), `${value}`).toEqual([]);
  }
  for (const value of [min - 1, max + 1, 1.5 + min, Number.NaN, Number.POSITIVE_INFINITY, -1, '5', null, {}, 5n]) {
    const [fault, ...more] = faultsOf({ psk: SECRET, [name]: value });
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ path: `net.${name}`, expected: `a whole number from ${min} to ${max}` });
    expect(fault?.value).toBe(typeof value === 'number' ? String(value) : undefined);
  }
  expect(fallback).toBeGreaterThanOrEqual(min);
});

function faultsIn(options: object): ConfigFault[] {
  const faults: ConfigFault[] = [];
  readNetOptions({ psk: SECRET, ...options }, faults);
  return faults;
}

test('confirm is local or a count of other nodes, no more than there may be links', () => {
  for (const confirm of ['local', 1, 64, undefined]) expect(faultsIn({ confirm })).toEqual([]);
  expect(faultsIn({ confirm: 1024, maxPeers: 1024 })).toEqual([]);
  for (const confirm of [0, -1, 1.5, 1025, Number.NaN, 'all', true, null]) {
    expect(pathsOf({ confirm }), `${confirm}`).toEqual(['net.confirm']);
  }
  expect(faultsOf({ psk: SECRET, confirm: 3, maxPeers: 2 })).toEqual([
    { path: 'net.confirm', expected: 'no more than net.maxPeers, which is 2', value: '3' },
  ]);
});

test('receive is true or false', () => {
  for (const receive of [true, false, undefined]) expect(faultsIn({ receive })).toEqual([]);
  for (const receive of [0, 'yes', null, {}]) expect(pathsOf({ receive })).toEqual(['net.receive']);
});

test('a store is a memory or a log that may be written', () => {
  const others: unknown[] = [log('/tmp/never-opened', { readOnly: true }), noop(), {}, null, 'memory', 7];
  for (const store of others) {
    expect(pathsOf({ store: store as AdapterFactory })).toEqual(['net.store']);
  }
});

test('a name that is no option is told, with those that are', () => {
  const [fault] = faultsOf({ psk: SECRET, peer: 'host:1' });
  expect(fault).toEqual({ path: 'net.peer', expected: expect.stringMatching(/^one of listen, .*, joinTimeoutMs$/) });
});

test.each([[undefined], [null], [[]], ['host:1'], [7], [() => 7]])(
  'what is no object is no set of options: %s',
  (options) => {
    expect(faultsOf(options)).toEqual([{ path: 'net', expected: 'an object of options' }]);
  },
);

test('a key, certificates and insecure never go together', () => {
  const tls = { cert: SECRET, key: SECRET, ca: SECRET };
  for (const two of [{ tls }, { insecure: true }, { tls, insecure: true }]) {
    expect(faultsOf({ psk: SECRET, ...two })).toEqual([
      { path: 'net', expected: 'one of psk, tls and insecure, never two of them' },
    ]);
  }
});

test('all faults are told together, those of the links and those of the node', () => {
  const wrong = { listen: 'x', maxPeers: 0, store: {}, confirm: 0, receive: 1, maxStreams: 0, joinTimeoutMs: -1 };
  expect(pathsOf({ nonsense: SECRET, ...wrong }).sort()).toEqual(
    ['nonsense', ...Object.keys(wrong)].map((name) => `net.${name}`).sort(),
  );
});
