// Asks whether a NATS server answers at an address, by the line with which it greets. Invariant: what it holds does not
// keep the process alive, and ends with the signal; the client's own dial can do neither.
import { connect } from 'node:net';
import type { ServerAddress } from '../../adapter/server-address.ts';

export interface ProbeOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Resolves when a server greets. Rejects with what went wrong, or with the signal's reason. */
export function probe({ host, port }: ServerAddress, { timeoutMs, signal }: ProbeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host, port });
    socket.unref();
    const timer = setTimeout(() => finish(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    timer.unref();
    const onAbort = (): void => finish(signal.reason);
    let greeting = '';
    const finish = (error?: unknown): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    signal.addEventListener('abort', onAbort);
    socket.on('error', finish);
    socket.on('close', () => finish(new Error('the server closed the connection')));
    socket.on('data', (chunk) => {
      greeting += chunk.toString('latin1', 0, 5);
      if (greeting.length < 5) return;
      finish(greeting.startsWith('INFO') ? undefined : new Error('what answers is no NATS server'));
    });
  });
}
