// What a failed command means to the bus. Invariant: every error that leaves the adapter comes from here or is an
// AdapterError already, and shows neither user nor password.
import { AdapterError, type AdapterErrorKind } from '../../errors/adapter-error.ts';
import { PositionError } from '../../errors/position-error.ts';

/** The first word of an error reply, and what it means. */
const KINDS: Readonly<Record<string, AdapterErrorKind>> = {
  LOADING: 'Transient',
  BUSY: 'Transient',
  MASTERDOWN: 'Transient',
  TRYAGAIN: 'Transient',
  MOVED: 'Transient',
  ASK: 'Transient',
  READONLY: 'Transient',
  CLUSTERDOWN: 'Transient',
  MISCONF: 'Transient',
  NOREPLICAS: 'Transient',
  UNBLOCKED: 'Transient',
  OOM: 'Backpressure',
  NOAUTH: 'Connection',
  WRONGPASS: 'Connection',
  NOPERM: 'Connection',
};

const REMEDIES: Readonly<Record<string, string>> = {
  OOM: 'the server has reached its maxmemory: make room, or bound the store with maxEntries or maxAgeMs',
  MISCONF: 'the server cannot save to its disk and refuses writes',
  NOAUTH: 'the server wants a password: give it in the URL or as an option',
  WRONGPASS: 'the server knows no such user and password',
  NOPERM: 'the user may not do this: docs/guide/redis.md lists what it needs',
  READONLY: 'the server is a replica',
};

/** Codes of Node's errors that a repetition does not help against. */
const CERTIFICATE = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/;

/** What an error reply begins with, through the wrapping that older servers put around errors of scripts. */
export function replyCode(message: string): string {
  // What is said in place of NOPERM when a script calls what its user may not: by Redis 7.0, and by 7.2 and later.
  if (/^ERR (?:The user executing the script can't |ACL failure in script:)/.test(message)) return 'NOPERM';
  const wrapped = /^ERR Error running script.*?@user_script:\s*\d+:\s*-?([A-Z]+)\b/s.exec(message);
  return wrapped?.[1] ?? /^[A-Z]+/.exec(message)?.[0] ?? '';
}

/** Makes errors of one server, whose address they name. */
export class ErrorMapper {
  readonly #isReply: (error: unknown) => boolean;
  readonly #where: string;
  readonly #secrets: readonly string[];

  constructor(options: { isReply: (error: unknown) => boolean; where: string; secrets: readonly string[] }) {
    this.#isReply = options.isReply;
    this.#where = options.where;
    this.#secrets = options.secrets;
  }

  /** Whether the server answered, rather than the connection having failed. */
  isReply(error: unknown): error is Error {
    return this.#isReply(error);
  }

  /** The error of a command. */
  of(error: unknown, what: string): AdapterError | PositionError {
    if (error instanceof AdapterError || error instanceof PositionError) return error;
    if (!this.isReply(error))
      return this.#make('Transient', `${what}: the connection to ${this.#where} was lost`, error);
    const code = replyCode(error.message);
    const kind = Object.hasOwn(KINDS, code) ? (KINDS[code] as AdapterErrorKind) : 'Fatal';
    const remedy = Object.hasOwn(REMEDIES, code) ? `; ${REMEDIES[code]}` : '';
    return this.#make(kind, `${what}: ${this.#where} answered ${error.message}${remedy}`, error);
  }

  /** The error of a connection that could not be made: at the start it is not to be had, later it may come back. */
  ofConnecting(error: unknown, starting: boolean): AdapterError | PositionError {
    if (error instanceof AdapterError) return error;
    if (this.isReply(error)) return this.of(error, 'Connecting');
    const code = codeOf(error);
    const kind = starting || CERTIFICATE.test(code) ? 'Connection' : 'Transient';
    const reason = error instanceof Error ? error.message : String(error);
    return this.#make(kind, `No connection to ${this.#where} could be made: ${reason || code}`, error);
  }

  #make(kind: AdapterErrorKind, message: string, cause: unknown): AdapterError {
    const shows = (text: string): boolean => this.#secrets.some((secret) => text.includes(secret));
    const clean = this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), message);
    // A cause is printed whole by whoever inspects the error.
    const told = cause instanceof Error && !shows(`${cause.message}${cause.stack}`);
    return new AdapterError(kind, clean, told ? { cause } : {});
  }
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}
