// Accounts of a NATS operator for tests, made on the spot: what `nsc` makes, with just the claims that a server asks for.
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';

export interface OperatorMode {
  /** Lines of the server's configuration. */
  readonly config: string;
  /** The text of a user's credentials file. */
  readonly credentials: string;
}

/** An operator with one account that may use JetStream, and one user in it. */
export function operatorMode(): OperatorMode {
  const [operator, account, system, user] = [createOperator(), createAccount(), createAccount(), createUser()];
  const noLimit = { subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1, wildcards: true };
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const operatorJwt = jwt(operator, operator, { type: 'operator', version: 2 });
  const accountJwt = jwt(operator, account, { type: 'account', version: 2, limits: { ...noLimit, ...storage } });
  // JetStream does not start without it.
  const systemJwt = jwt(operator, system, { type: 'account', version: 2, limits: noLimit });
  const userJwt = jwt(account, user, { type: 'user', version: 2, subs: -1, data: -1, payload: -1 });
  const seed = new TextDecoder().decode(user.getSeed());
  return {
    config: [
      `operator: ${operatorJwt}`,
      'resolver: MEMORY',
      `system_account: ${system.getPublicKey()}`,
      `resolver_preload: { ${account.getPublicKey()}: ${accountJwt}, ${system.getPublicKey()}: ${systemJwt} }`,
    ].join('\n'),
    credentials: [
      '-----BEGIN NATS USER JWT-----',
      userJwt,
      '------END NATS USER JWT------',
      '-----BEGIN USER NKEY SEED-----',
      seed,
      '------END USER NKEY SEED------',
    ].join('\n'),
  };
}

function jwt(issuer: KeyPair, subject: KeyPair, nats: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const key = subject.getPublicKey();
  const claims = {
    jti: key,
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    name: 'test',
    sub: key,
    nats,
  };
  const body = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`;
  return `${body}.${Buffer.from(issuer.sign(Buffer.from(body))).toString('base64url')}`;
}
