// The wait of a start: until one peer is linked and all that it told of has come. Invariant: it ends at the latest with its
// time, and then says what it waited for.
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Environment } from '../../util/environment.ts';
import type { MeshNode } from './mesh-node.ts';

export interface JoinOptions {
  readonly timeoutMs: number;
  readonly environment: Environment;
  /** Aborted when nobody waits for the start any more. */
  readonly signal: AbortSignal | undefined;
  /** Why nobody was reached so far, if that is known. */
  readonly why: () => string | undefined;
}

const LOOK_EVERY_MS = 20;

/** @throws AdapterError Connection when no peer was reached, or what it has did not come in time; Shutdown when it was given up */
export async function join(node: MeshNode, { timeoutMs, environment, signal, why }: JoinOptions): Promise<void> {
  const endMs = environment.monotonicMs() + timeoutMs;
  const look = (): Promise<void> => new Promise((resolve) => environment.after(LOOK_EVERY_MS, resolve));
  const hello = async (): Promise<boolean> => {
    const [link] = node.links;
    // What a peer told when the link came up arrives before its second answer.
    return link !== undefined && (await node.sync(link.id)) && (await node.sync(link.id));
  };
  let isTold = false;
  let isAsking = false;
  while (!isTold || node.replication.isBehindAny) {
    if (!isTold && !isAsking) {
      isAsking = true;
      void hello().then((answered) => {
        isTold ||= answered;
        isAsking = false;
      });
    }
    await look();
    if (signal?.aborted === true) throw new AdapterError('Shutdown', 'The start of the node was given up.');
    if (environment.monotonicMs() < endMs) continue;
    const reason = why();
    const nobody = `has reached no peer${reason === undefined ? '' : ` (${reason})`}`;
    const what = isTold ? 'has not got all that its peers have' : nobody;
    throw new AdapterError('Connection', `The node ${what} within ${timeoutMs} ms (joinTimeoutMs).`);
  }
}
