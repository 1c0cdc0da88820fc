// Certificates for tests, made on the spot: Ed25519, X.509 v3, valid for a day. Just enough of DER to write them.
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** A certificate and its key as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** An authority of a mesh. */
export class Authority {
  readonly #name: string;
  readonly #key: KeyObject;
  /** Its own certificate as PEM. */
  readonly cert: string;

  constructor(name: string) {
    this.#name = name;
    this.#key = generateKeyPairSync('ed25519').privateKey;
    this.cert = certificate({ subject: name, issuer: name, key: this.#key, signer: this.#key, isAuthority: true });
  }

  /** A certificate that it has signed. */
  issue(subject: string): Issued {
    const { privateKey: key } = generateKeyPairSync('ed25519');
    const cert = certificate({ subject, issuer: this.#name, key, signer: this.#key, isAuthority: false });
    return { cert, key: key.export({ type: 'pkcs8', format: 'pem' }) as string };
  }
}

interface Facts {
  readonly subject: string;
  readonly issuer: string;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly isAuthority: boolean;
}

const DAY_MS = 86_400_000;
const [INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8, UTC_TIME, SEQUENCE, SET] = [2, 3, 4, 6, 12, 23, 48, 49];
const ED25519 = der(SEQUENCE, der(OID, Buffer.from([0x2b, 0x65, 0x70])));
const TRUE = Buffer.from([1, 1, 255]);

function certificate({ subject, issuer, key, signer, isAuthority }: Facts): string {
  const constraints = der(SEQUENCE, isAuthority ? TRUE : Buffer.alloc(0));
  const extension = der(SEQUENCE, der(OID, Buffer.from([0x55, 0x1d, 0x13])), TRUE, der(OCTET_STRING, constraints));
  const facts = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ED25519,
    name(issuer),
    der(SEQUENCE, time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    name(subject),
    createPublicKey(key).export({ type: 'spki', format: 'der' }) as Buffer,
    der(0xa3, der(SEQUENCE, extension)),
  );
  const signature = der(BIT_STRING, Buffer.concat([Buffer.from([0]), sign(null, facts, signer)]));
  const base64 = der(SEQUENCE, facts, ED25519, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function name(text: string): Buffer {
  const commonName = der(OID, Buffer.from([0x55, 0x04, 0x03]));
  return der(SEQUENCE, der(SET, der(SEQUENCE, commonName, der(UTF8, Buffer.from(text)))));
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(UTC_TIME, Buffer.from(text.slice(2)));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
