// The options that say how a node proves itself: exactly one of `psk`, `tls` and `insecure: true`. Invariant: no fault
// shows a value, and an id is shown only when it stands where ids belong.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ConfigFault } from '../../../errors/config-error.ts';
import { type CertificateOptions, Credentials, LEAST_KEY_BYTES, SINGLE_KEY_ID } from './credentials.ts';

const LONGEST_ID_BYTES = 64;
const KEY = `a key of ${LEAST_KEY_BYTES} bytes or more, as bytes or as a text`;

/** The credentials of a node; undefined after a fault. */
export function readCredentials(
  options: { readonly psk?: unknown; readonly tls?: unknown; readonly insecure?: unknown },
  faults: ConfigFault[],
): Credentials | undefined {
  const { psk, tls, insecure } = options;
  if (insecure !== undefined && typeof insecure !== 'boolean') {
    faults.push({ path: 'net.insecure', expected: 'true or false' });
    return undefined;
  }
  const given = [psk !== undefined, tls !== undefined, insecure === true].filter(Boolean).length;
  if (given > 1) {
    faults.push({ path: 'net', expected: 'one of psk, tls and insecure, never two of them' });
    return undefined;
  }
  if (psk !== undefined) return keys(psk, faults);
  if (tls !== undefined) return certificate(tls, faults);
  if (insecure === true) return Credentials.insecure();
  const expected = 'psk (a key of the mesh) or tls (certificates); insecure: true is the only way to run without';
  faults.push({ path: 'net.psk', expected });
  return undefined;
}

function keys(psk: unknown, faults: ConfigFault[]): Credentials | undefined {
  const single = keyBytes(psk);
  if (single !== undefined) {
    const key = checkedKey(single, 'net.psk', faults);
    return key === undefined ? undefined : Credentials.ofKeys([[SINGLE_KEY_ID, key]]);
  }
  if (typeof psk !== 'object' || psk === null || Array.isArray(psk) || Object.keys(psk).length === 0) {
    faults.push({ path: 'net.psk', expected: `${KEY}, or an object of such keys by their ids` });
    return undefined;
  }
  const checked = Object.entries(psk).flatMap(([id, value], index) => {
    const path = `net.psk[${index}]`; // Somebody may write the key where the id belongs.
    if (id === '' || Buffer.byteLength(id) > LONGEST_ID_BYTES || !/^[\x21-\x7e]+$/.test(id)) {
      faults.push({ path, expected: `an id of 1 to ${LONGEST_ID_BYTES} visible ASCII characters` });
      return [];
    }
    const key = checkedKey(keyBytes(value), path, faults);
    return key === undefined ? [] : [[id, key] as const];
  });
  return checked.length === Object.keys(psk).length ? Credentials.ofKeys(checked) : undefined;
}

function checkedKey(key: Uint8Array | undefined, path: string, faults: ConfigFault[]): Uint8Array | undefined {
  if (key !== undefined && key.length >= LEAST_KEY_BYTES) return key;
  faults.push({ path, expected: KEY });
  return undefined;
}

function keyBytes(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  return value instanceof Uint8Array ? value : undefined;
}

function certificate(tls: unknown, faults: ConfigFault[]): Credentials | undefined {
  if (typeof tls !== 'object' || tls === null) {
    faults.push({ path: 'net.tls', expected: 'an object { cert, key, ca }' });
    return undefined;
  }
  const before = faults.length;
  const values = tls as Record<keyof CertificateOptions, unknown>;
  for (const name of Object.keys(tls)) {
    if (!(name in READABLE)) faults.push({ path: 'net.tls', expected: 'cert, key and ca, and no other member' });
  }
  for (const name of ['cert', 'key', 'ca'] as const) {
    const bytes = keyBytes(values[name]);
    if (bytes === undefined || !READABLE[name](Buffer.from(bytes))) {
      faults.push({
        path: `net.tls.${name}`,
        expected: name === 'key' ? 'a private key as PEM, without a passphrase' : 'a certificate as PEM',
      });
    }
  }
  if (faults.length > before) return undefined;
  const { cert, key, ca } = tls as CertificateOptions;
  if (new X509Certificate(Buffer.from(cert)).checkPrivateKey(createPrivateKey(Buffer.from(key)))) {
    return Credentials.ofCertificate({ cert, key, ca });
  }
  faults.push({ path: 'net.tls.key', expected: 'the private key of net.tls.cert' });
  return undefined;
}

const READABLE = {
  cert: (pem: Buffer) => isReadable(() => new X509Certificate(pem)),
  ca: (pem: Buffer) => isReadable(() => new X509Certificate(pem)),
  key: (pem: Buffer) => isReadable(() => createPrivateKey(pem)),
} as const;

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false; // The caller tells what was expected; what stands there is a secret.
  }
}
