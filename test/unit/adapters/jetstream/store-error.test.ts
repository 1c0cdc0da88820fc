// What an error of the server, of the client or of the connection means to the bus: by its code or name, never by its text.
import { expect, test } from 'vitest';
import { apiError, connectError, requestError, startError } from '../../../../src/adapters/jetstream/store-error.ts';
import { AdapterError } from '../../../../src/errors/adapter-error.ts';

function named(name: string, fields: object = {}): Error {
  return Object.assign(new Error('as it says'), { name, ...fields });
}

test.each([
  ['insufficient resources', 10_023, 503, 'Backpressure'],
  ['resource limits exceeded for account', 10_002, 400, 'Backpressure'],
  ['insufficient memory resources available', 10_028, 500, 'Backpressure'],
  ['insufficient storage resources available', 10_047, 500, 'Backpressure'],
  ['maximum messages exceeded', 10_077, 400, 'Backpressure'],
  ['no suitable peers for placement', 10_005, 400, 'Transient'],
  ['JetStream system temporarily unavailable', 10_008, 503, 'Transient'],
  ['JetStream cluster has no leader', 10_009, 503, 'Transient'],
  ['stream is offline', 10_118, 500, 'Transient'],
  ['the message id is on its way', 10_158, 409, 'Transient'],
  ['batch publish is in flight', 10_194, 409, 'Transient'],
  ['stream not found', 10_059, 404, 'Transient'],
  ['JetStream not enabled for account', 10_039, 503, 'Connection'],
  ['JetStream not enabled', 10_076, 503, 'Connection'],
  ['message size exceeds maximum allowed', 10_054, 400, 'Serialization'],
  ['wrong last sequence', 10_071, 400, 'Fatal'],
  ['stream is sealed', 10_109, 400, 'Fatal'],
  ['something of a later version', 19_999, 500, 'Transient'],
  ['a request that the server has given up', undefined, 408, 'Transient'],
  ['a code that is no number', undefined, undefined, 'Transient'],
])('the server says "%s": %i', (description, errCode, code, kind) => {
  const error = apiError({ code, err_code: errCode, description }, 'A message was refused');
  expect([error.kind, error.message]).toEqual([kind, expect.stringContaining(description)]);
});

test.each([
  ['TimeoutError', 'Transient'],
  ['NoRespondersError', 'Transient'],
  ['RequestError', 'Transient'],
  ['ClosedConnectionError', 'Transient'],
  ['ConnectionError', 'Transient'],
  ['DrainingConnectionError', 'Transient'],
  ['JetStreamNotEnabled', 'Transient'],
  ['AuthorizationError', 'Connection'],
  ['UserAuthenticationExpiredError', 'Connection'],
  ['PermissionViolationError', 'Connection'],
])('a request that ends in %s is %s', (name, kind) => {
  expect(requestError(named(name), 'Reading')).toMatchObject({
    kind,
    message: expect.stringContaining('Reading: as it says'),
  });
});

test('a request without an answer names what may be the cause', () => {
  expect(requestError(named('TimeoutError'), 'Reading').message).toMatch(/as it says \(.* without a leader /);
});

test('an error of the API is decided by its code, wherever the client puts it', () => {
  expect(requestError(named('JetStreamApiError', { code: 10_047, status: 500 }), 'x').kind).toBe('Backpressure');
  expect(requestError(named('StreamNotFoundError', { code: 10_059, status: 404 }), 'x').kind).toBe('Transient');
  expect(requestError(named('JetStreamApiError', { code: 10_025, status: 400 }), 'x').kind).toBe('Fatal');
  expect(requestError('no error at all', 'x').kind).toBe('Transient');
});

test('a server that is away is Connection at the start and Transient later; one that refuses is Connection always', () => {
  const away = Object.assign(new Error(''), { name: 'ECONNREFUSED' });
  expect(connectError(away, 'h:1', true)).toMatchObject({
    kind: 'Connection',
    message: expect.stringContaining('h:1'),
  });
  expect(connectError(away, 'h:1', false)).toMatchObject({
    kind: 'Transient',
    message: expect.stringContaining('ECONN'),
  });
  expect(connectError(named('AuthorizationError'), 'h:1', false).kind).toBe('Connection');
});

test('JetStream that is off is Connection at a start, with what to do', () => {
  const off = requestError(named('JetStreamNotEnabled'), 'The stream');
  expect(startError(off)).toMatchObject({ kind: 'Connection', message: expect.stringContaining('nats-server -js') });
  const other = requestError(named('TimeoutError'), 'The stream');
  expect(startError(other)).toBe(other);
});

test('an error of the adapter passes as it is', () => {
  const error = new AdapterError('Shutdown', 'asked to stop');
  expect(requestError(error, 'Reading')).toBe(error);
});
