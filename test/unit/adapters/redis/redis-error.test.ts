// What an error of the server or of the connection means to the bus, and that it shows no password.
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ErrorMapper, replyCode } from '../../../../src/adapters/redis/redis-error.ts';
import { AdapterError } from '../../../../src/errors/adapter-error.ts';

class ErrorReply extends Error {}

const mapper = new ErrorMapper({
  isReply: (error) => error instanceof ErrorReply,
  where: 'host:6379',
  secrets: ['hunter2'],
});

const kindOf = (message: string): string => mapper.of(new ErrorReply(message), 'Appending').kind;

test.each([
  ['LOADING Redis is loading the dataset in memory', 'Transient'],
  ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'Transient'],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'Transient'],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'Transient'],
  ['MOVED 3999 127.0.0.1:6381', 'Transient'],
  ['ASK 3999 127.0.0.1:6381', 'Transient'],
  ["READONLY You can't write against a read only replica.", 'Transient'],
  ['CLUSTERDOWN The cluster is down', 'Transient'],
  ['MISCONF Redis is configured to save RDB snapshots', 'Transient'],
  ['NOREPLICAS Not enough good replicas to write.', 'Transient'],
  ["OOM command not allowed when used memory > 'maxmemory'. script: 5f, on @user_script:9.", 'Backpressure'],
  ['NOAUTH Authentication required.', 'Connection'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'Connection'],
  ["NOPERM this user has no permissions to run the 'xadd' command", 'Connection'],
  ["ERR The user executing the script can't run this command or subcommand script: 5f", 'Connection'],
  ["ERR ACL failure in script: User w has no permissions to run the 'xadd' command script: 5f", 'Connection'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'Fatal'],
  ['ERR user_script:3: attempt to index a nil value script: 5f, on @user_script:3.', 'Fatal'],
  ["ERR unknown command 'EVALSHA'", 'Fatal'],
])('%s is %s', (message, kind) => {
  expect(kindOf(message)).toBe(kind);
});

test('older servers wrap the error of a command that a script calls', () => {
  const message = 'ERR Error running script (call to f_5f): @user_script:9: -OOM command not allowed when used memory';
  expect(replyCode(message)).toBe('OOM');
  expect(kindOf(message)).toBe('Backpressure');
});

test('a lost connection is Transient, and one that is refused is Connection at the start alone', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  expect(mapper.of(new Error('Socket closed unexpectedly'), 'Appending').kind).toBe('Transient');
  expect(mapper.ofConnecting(refused, true).kind).toBe('Connection');
  expect(mapper.ofConnecting(refused, false).kind).toBe('Transient');
});

test('a wrong certificate is Connection, also later', () => {
  const wrong = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  expect(mapper.ofConnecting(wrong, false).kind).toBe('Connection');
});

test('G2 neither message nor cause shows the password', () => {
  const reply = new ErrorReply("ERR unknown command 'AUTH', with args beginning with: 'hunter2'");
  for (const error of [mapper.of(reply, 'Connecting'), mapper.ofConnecting(reply, true)]) {
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
    expect(error.message).toContain('***');
  }
});

test('an error of the adapter passes as it is', () => {
  const error = new AdapterError('Shutdown', 'asked to stop');
  expect(mapper.of(error, 'Appending')).toBe(error);
  expect(mapper.ofConnecting(error, true)).toBe(error);
});
