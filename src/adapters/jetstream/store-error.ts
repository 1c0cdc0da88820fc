// What the errors of the NATS client and the server mean for a bus. Decided by names and codes, never by messages.
// Invariant: nothing secret is told: the client is given hosts without user and password, and no option is quoted.
import { AdapterError, type AdapterErrorKind } from '../../errors/adapter-error.ts';

/** No server can be reached with these; trying again changes nothing. */
const REFUSED = new Set(['AuthorizationError', 'UserAuthenticationExpiredError', 'PermissionViolationError']);
/** Codes of the server (`err_code`): storage limits. */
const FULL = new Set([10002, 10023, 10028, 10047, 10077]);
/** The cluster has no leader or peers right now, the stream is offline, or the id is on its way in another message. */
const PASSING = new Set([10005, 10008, 10009, 10118, 10158, 10194]);
/** JetStream is off, for the server or for this account. */
const DISABLED = new Set([10039, 10076]);
/** The message is longer than the stream takes. */
const TOO_LONG = 10054;
export const STREAM_NOT_FOUND = 10059;
export const MESSAGE_NOT_FOUND = 10037;

/** Whoever does not lead keeps silent. */
const LEADERLESS = ' (a cluster or a stream without a leader gives no answer)';

/** An error as the server writes it. */
export interface ApiFault {
  readonly code?: number | undefined;
  readonly err_code?: number | undefined;
  readonly description?: string | undefined;
}

/** A connection that could not be made. At the start it is not to be had, later it may come back. */
export function connectError(cause: unknown, where: string, starting: boolean): AdapterError {
  const refused = cause instanceof Error && REFUSED.has(cause.name);
  const kind = starting || refused ? 'Connection' : 'Transient';
  return new AdapterError(kind, `NATS at ${where} can't be reached: ${textOf(cause)}`, { cause });
}

/** What a request or a publish threw. */
export function requestError(cause: unknown, what: string): AdapterError {
  if (cause instanceof AdapterError) return cause;
  const hint = isTimeout(cause) ? LEADERLESS : '';
  return new AdapterError(kindOf(cause), `${what}: ${textOf(cause)}${hint}`, { cause });
}

/** What a start is told: that JetStream is off may pass while a server comes up, but nobody waits for it at a start. */
export function startError(error: unknown): unknown {
  const cause = error instanceof AdapterError ? error.cause : undefined;
  if (!(cause instanceof Error) || cause.name !== 'JetStreamNotEnabled') return error;
  const message =
    'The server has no JetStream for this account: switch it on (`nats-server -js`), or take another server.';
  return new AdapterError('Connection', message, { cause });
}

/** What the server answered to a publish or a request. */
export function apiError(fault: ApiFault, what: string): AdapterError {
  const { code, err_code: errCode, description = 'no description' } = fault;
  return new AdapterError(kindOfCode(errCode, code), `${what}: the server says "${description}" (${errCode ?? code})`);
}

/** Whether nothing answered in time. */
export function isTimeout(error: unknown): boolean {
  const cause = error instanceof AdapterError ? error.cause : error;
  return cause instanceof Error && cause.name === 'TimeoutError';
}

function kindOf(cause: unknown): AdapterErrorKind {
  if (!(cause instanceof Error)) return 'Transient';
  if (REFUSED.has(cause.name)) return 'Connection';
  if (cause.name === 'JetStreamNotEnabled') return 'Transient';
  const { code, status } = cause as { code?: unknown; status?: unknown };
  if (cause.name.startsWith('JetStreamApi') || cause.name.endsWith('NotFoundError')) {
    return kindOfCode(typeof code === 'number' ? code : undefined, typeof status === 'number' ? status : undefined);
  }
  // Time-outs, no responders, closed connections: the outcome is unknown, and a repetition is harmless.
  return 'Transient';
}

function kindOfCode(errCode: number | undefined, code: number | undefined): AdapterErrorKind {
  if (errCode !== undefined) {
    if (FULL.has(errCode)) return 'Backpressure';
    if (PASSING.has(errCode) || errCode === STREAM_NOT_FOUND) return 'Transient';
    if (DISABLED.has(errCode)) return 'Connection';
    if (errCode === TOO_LONG) return 'Serialization';
  }
  return code === undefined || code >= 500 || code === 408 ? 'Transient' : 'Fatal';
}

function textOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message === '' ? cause.name : cause.message;
}
