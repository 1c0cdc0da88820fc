// The secrets of a node. Invariant: they can be read through this object's methods alone, which only `tls-sockets.ts`
// calls; nothing that prints, clones or serialises it shows them.
import { hkdfSync } from 'node:crypto';
import { inspect } from 'node:util';

/** Certificate, key and authority of a node for mutual TLS, as PEM. */
export interface CertificateOptions {
  /** The chain of this node's certificate. Good for a server and for a client. */
  readonly cert: string | Uint8Array;
  /** Its private key. */
  readonly key: string | Uint8Array;
  /** The authority whose certificates are let in. It must sign for this mesh alone: whoever it signs for is a member. */
  readonly ca: string | Uint8Array;
}

/** Keys by their ids. */
export type KeyMap = Readonly<Record<string, string | Uint8Array>>;

/** The id of a single key. */
export const SINGLE_KEY_ID = 'default';
/** The fewest bytes of a key. */
export const LEAST_KEY_BYTES = 32;
const KEY_LABEL = 'meshbus psk 1';
const DERIVED_BYTES = 32;

interface Secrets {
  readonly keys?: ReadonlyMap<string, Buffer>;
  readonly certificate?: { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer };
}

/** How a node proves that it belongs to the mesh. */
export class Credentials {
  readonly kind: 'psk' | 'tls' | 'insecure';
  readonly #secrets: Secrets;

  private constructor(kind: 'psk' | 'tls' | 'insecure', secrets: Secrets) {
    this.kind = kind;
    this.#secrets = secrets;
  }

  /** Of keys by their ids; the first one is used for dialling, all of them let others in. */
  static ofKeys(keys: readonly (readonly [string, Uint8Array])[]): Credentials {
    // Any length of 32 bytes or more becomes the one that the cipher's hash wants.
    const derived = keys.map(([id, key]) => {
      return [id, Buffer.from(hkdfSync('sha256', key, '', KEY_LABEL, DERIVED_BYTES))] as const;
    });
    return new Credentials('psk', { keys: new Map(derived) });
  }

  static ofCertificate(options: CertificateOptions): Credentials {
    const [cert, key, ca] = [Buffer.from(options.cert), Buffer.from(options.key), Buffer.from(options.ca)];
    return new Credentials('tls', { certificate: { cert, key, ca } });
  }

  /** No encryption and no proof: whoever reaches the port is a member. */
  static insecure(): Credentials {
    return new Credentials('insecure', {});
  }

  /** The key of an id, for the accepting side. */
  key(id: string): Buffer | undefined {
    return this.#secrets.keys?.get(id);
  }

  /** The key for the dial of a number: one after the other, so that a peer that lacks the newest is reached, too. */
  keyForDial(nth: number): { readonly id: string; readonly key: Buffer } | undefined {
    const all = [...(this.#secrets.keys ?? [])];
    const chosen = all[nth % Math.max(1, all.length)];
    return chosen === undefined ? undefined : { id: chosen[0], key: chosen[1] };
  }

  certificate(): { readonly cert: Buffer; readonly key: Buffer; readonly ca: Buffer } | undefined {
    return this.#secrets.certificate;
  }

  [inspect.custom](): string {
    return `Credentials { ${this.kind} }`;
  }
}
