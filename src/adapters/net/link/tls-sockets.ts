// Encrypted sockets of node:tls for both sides. Invariant: a socket that it hands on has proven itself as far as TLS can
// tell: the key by a resumed session without a certificate, or a certificate of the mesh's authority.
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  type CommonConnectionOptions,
  connect,
  createServer,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import { MAJOR } from '../session/layout.ts';
import type { Address } from './address.ts';
import type { Credentials } from './credentials.ts';
import { readingBlock } from './reading-block.ts';

/** SHA-384 does not go with a pre-shared key: node:tls binds it to SHA-256. */
export const CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256';
/** What this release speaks; the number is the major version of the link protocol. */
export const PROTOCOL = `meshbus/${MAJOR}`;
const ANY_PROTOCOL = /^meshbus\/\d{1,5}$/;

/** Takes connections that were accepted and makes them encrypted. */
export interface TlsAcceptor {
  take(socket: Socket): void;
}

/** What becomes of a connection. */
export interface AcceptEvents {
  /** The other side has proven itself. */
  secured(socket: TLSSocket): void;
  /** It has not, and is destroyed. `reason` holds no secret. */
  refused(socket: TLSSocket, reason: string): void;
}

/** The accepting side. */
export function tlsAcceptor(credentials: Credentials, events: AcceptEvents): TlsAcceptor {
  const server = createServer({
    ...common(credentials),
    ...(credentials.kind === 'psk'
      ? { pskCallback: (_socket: TLSSocket, id: string) => credentials.key(id) ?? null }
      : { requestCert: true, rejectUnauthorized: true }),
    // A later major is let in as far as the hello, where both versions are named.
    ALPNCallback: ({ protocols }) => protocols.find((each) => each === PROTOCOL) ?? protocols.find(isOurs),
  });
  server.on('secureConnection', (socket) => {
    socket.on('error', ignored);
    const fault = faultOf(socket, credentials);
    if (fault === undefined) events.secured(socket);
    else refuse(socket, fault);
  });
  // Also after handshakeTimeout, which leaves the socket open.
  server.on('tlsClientError', (error, socket) => refuse(socket, reasonOf(error)));
  const refuse = (socket: TLSSocket, reason: string): void => {
    socket.on('error', ignored);
    socket.destroy();
    events.refused(socket, reason);
  };
  return { take: (socket) => void server.emit('connection', socket) };
}

/** The dialling side: `secured` or `failed` is called once. */
export function tlsDial(
  target: Address & { readonly nth: number },
  credentials: Credentials,
  events: { secured(socket: TLSSocket): void; failed(error: Error): void },
): TLSSocket {
  const chosen = credentials.keyForDial(target.nth);
  // tls.connect hands `onread` to the socket, which its types do not tell.
  const reading = { onread: readingBlock(() => socket) };
  const socket: TLSSocket = connect({
    host: target.host,
    port: target.port,
    ...common(credentials),
    ...(chosen === undefined ? {} : { pskCallback: () => ({ psk: chosen.key, identity: chosen.id }) }),
    // Whoever the mesh's authority has signed for is a member, whatever its name: peers move and are reached by address.
    checkServerIdentity: () => undefined,
    rejectUnauthorized: true,
    ALPNProtocols: [PROTOCOL],
    ...reading,
  });
  socket.once('error', (error) => events.failed(error));
  socket.on('error', ignored);
  socket.once('secureConnect', () => {
    const fault = faultOf(socket, credentials);
    if (fault === undefined) {
      events.secured(socket);
      return;
    }
    socket.destroy();
    events.failed(new Error(fault));
  });
  return socket;
}

function common(credentials: Credentials): SecureContextOptions & CommonConnectionOptions {
  const certificate = credentials.certificate();
  return {
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    // A ticket would outlive a key that is taken back.
    secureOptions: constants.SSL_OP_NO_TICKET,
    // With a key no certificate is to be believed, whoever signed it: an empty list, not the one of the system.
    ...(certificate === undefined ? { ca: [] } : certificate),
  };
}

/** Why a finished handshake proves nothing; undefined when it does. */
function faultOf(socket: TLSSocket, credentials: Credentials): string | undefined {
  if (socket.getProtocol() !== 'TLSv1.3') return 'it does not speak TLS 1.3';
  if (typeof socket.alpnProtocol !== 'string' || !isOurs(socket.alpnProtocol)) return 'it speaks another protocol';
  const hasCertificate = Object.keys(socket.getPeerCertificate() ?? {}).length > 0;
  if (credentials.kind === 'psk') {
    return socket.isSessionReused() && !hasCertificate ? undefined : 'it has not proven that it has the key';
  }
  return socket.authorized && hasCertificate && !socket.isSessionReused() ? undefined : 'it has no certificate';
}

function isOurs(protocol: string): boolean {
  return ANY_PROTOCOL.test(protocol);
}

function reasonOf(error: Error): string {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : error.name;
}

function ignored(): void {
  // The socket's `close` follows, and tells it.
}
