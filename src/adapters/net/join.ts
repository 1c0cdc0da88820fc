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
  // What a peer told when the link came up arrives before its second answer.
  const answers = async (link: number): Promise<boolean> => (await node.sync(link)) && (await node.sync(link));
  const asked = new Set<number>();
  let isTold = false;
  while (!isTold || node.replication.isBehindAny) {
    for (const { id } of node.links) {
      if (isTold || asked.has(id)) continue;
      asked.add(id);
      void answers(id).then((answered) => {
        isTold ||= answered;
      });
    }
    await look();
    if (signal?.aborted === true) throw new AdapterError('Shutdown', 'The start of the node was given up.');
    if (environment.monotonicMs() < endMs) continue;
    const what = isTold ? 'has not got all that its peers have' : unanswered(node, why());
    throw new AdapterError('Connection', `The node ${what} within ${timeoutMs} ms (joinTimeoutMs).`);
  }
}

/** Why nobody has told anything. */
function unanswered(node: MeshNode, reason: string | undefined): string {
  if (node.links.length > 0) return 'is linked, but no peer could say that what it has is durable';
  return `has reached no peer${reason === undefined ? '' : ` (${reason})`}`;
}
