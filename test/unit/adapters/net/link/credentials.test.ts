// The options by which a node proves itself, and that nothing of them is ever shown.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { readCredentials } from '../../../../../src/adapters/net/link/credential-options.ts';
import { type LinkOptions, readLinkOptions } from '../../../../../src/adapters/net/link/link-options.ts';
import { checkRuntime } from '../../../../../src/adapters/net/link/runtime.ts';
import { ConfigError, type ConfigFault } from '../../../../../src/errors/config-error.ts';
import { Authority } from '../../../../support/certificates.ts';

const SECRET = 'a secret of the mesh, 32 bytes or more';

function faultsOf(options: unknown): readonly ConfigFault[] {
  const faults: ConfigFault[] = [];
  readLinkOptions(options as LinkOptions, faults);
  return faults;
}

test('without a key or certificates a node is refused, whatever the address; insecure is the only way round', () => {
  for (const options of [{}, { listen: 7777 }, { insecure: false }]) {
    expect(faultsOf(options)).toMatchObject([{ path: 'net.psk', expected: expect.stringContaining('insecure: true') }]);
  }
  expect(faultsOf({ insecure: true })).toEqual([]);
  expect(faultsOf({ insecure: 1 })).toMatchObject([{ path: 'net.insecure' }]);
});

test('a key and certificates never go together', () => {
  const authority = new Authority('mesh');
  const tls = { ...authority.issue('node'), ca: authority.cert };
  expect(faultsOf({ tls })).toEqual([]);
  expect(faultsOf({ tls, psk: SECRET })).toMatchObject([{ path: 'net', expected: expect.stringContaining('one of') }]);
  expect(faultsOf({ psk: SECRET, insecure: true })).toMatchObject([{ path: 'net' }]);
  const other = authority.issue('other');
  expect(faultsOf({ tls: { ...tls, key: other.key } })).toMatchObject([{ path: 'net.tls.key' }]);
  expect(faultsOf({ tls: { ...tls, ca: 'none', passphrase: SECRET } })).toHaveLength(2);
});

test('a key has 32 bytes or more, alone or in a map of ids', () => {
  for (const psk of [SECRET, Buffer.alloc(32, 1), { 2026: SECRET, 2027: new Uint8Array(64) }]) {
    expect(faultsOf({ psk })).toEqual([]);
  }
  for (const psk of [
    'short',
    Buffer.alloc(31),
    {},
    [],
    7,
    null,
    { a: 'short' },
    { '': SECRET },
    { [`${SECRET}é`]: SECRET },
  ]) {
    expect(faultsOf({ psk }).length).toBeGreaterThan(0);
  }
});

test('no fault, no print and no copy shows a key', () => {
  const hostile = [
    { psk: SECRET.slice(0, 20) },
    { psk: { [`${SECRET} as id`]: SECRET } },
    { psk: SECRET, peers: [`net://user:${SECRET}@host:1`], listen: `x:${SECRET}`, mesh: 5 },
    { tls: { cert: SECRET, key: SECRET, ca: SECRET, [SECRET]: 1 } },
  ];
  for (const options of hostile) {
    const faults = faultsOf(options);
    const shown = inspect(faults) + JSON.stringify(faults) + ConfigError.ofFaults(faults).message;
    expect(shown).not.toContain(SECRET.slice(0, 20));
  }
  const settings = readLinkOptions({ psk: SECRET }, []);
  const derived = readCredentials({ psk: SECRET }, [])?.keyForDial(0)?.key as Buffer;
  for (const shown of [inspect(settings, { depth: 9, showHidden: true }), JSON.stringify(settings)]) {
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(derived.toString('hex').slice(0, 8));
  }
  expect(() => structuredClone(settings?.credentials)).not.toThrow();
  expect(structuredClone(settings?.credentials)).toEqual({ kind: 'psk' });
});

test('Bun and Deno, which ignore a key, get one clear error, and may use certificates', () => {
  const keyed = readCredentials({ psk: SECRET }, []);
  const open = readCredentials({ insecure: true }, []);
  if (keyed === undefined || open === undefined) throw new Error('these credentials are right');
  expect(() => checkRuntime(keyed, { node: '22', bun: '1.2' })).toThrow(/Bun.*net\.tls/);
  expect(() => checkRuntime(keyed, { node: '22', deno: '2' })).toThrow(/Deno.*net\.tls/);
  expect(() => checkRuntime(open, { bun: '1.2' })).not.toThrow();
  expect(() => checkRuntime(keyed)).not.toThrow();
});
