// Asks one member of a mesh for its figures: a node joins for a moment, receives nothing, and leaves. Hop before: the
// command; hop after: the links. Invariant: what the member tells is data of another machine and is checked as such.
import { randomUUID } from 'node:crypto';
import { AdapterError } from '../../../errors/adapter-error.ts';
import { systemEnvironment } from '../../../util/environment.ts';
import type { PeerLink } from '../peer-link.ts';
import { type Address, addressText } from './address.ts';
import type { LinkSettings } from './link-settings.ts';
import { MeshLinks } from './mesh-links.ts';

/** How the ids of nodes begin that only ask. */
export const ASKER = 'asker-';
/** How long the member may take to be reached and to answer. */
const ANSWER_MS = 10_000;

/** The figures of the member at an address. @throws AdapterError Connection when it is not reached or does not answer */
export async function askedFigures(
  settings: Omit<LinkSettings, 'listen' | 'peers'>,
  member: Address,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  signal.throwIfAborted();
  const environment = systemEnvironment();
  const answer = deferred();
  const links: MeshLinks = new MeshLinks(
    { ...settings, listen: [], advertise: [], peers: [member], discover: false },
    { nodeId: `${ASKER}${randomUUID()}`, receives: false, durable: false },
    {
      environment,
      report: ({ message }) => answer.reject(new AdapterError('Connection', message)),
      replication: asker((link) => links.ask(link)),
      onFigures: (_, text) => answer.resolve(text),
    },
  );
  const failed = (why: string): void => {
    answer.reject(new AdapterError('Connection', `The member at ${addressText(member)} tells nothing: ${why}.`));
  };
  const stopped = (): void => failed('asked to stop');
  const late = (): void => failed(links.figures().dials[0]?.lastError ?? `no answer within ${ANSWER_MS} ms`);
  const timer = environment.after(ANSWER_MS, late);
  signal.addEventListener('abort', stopped);
  try {
    await links.start();
    return parsed(await answer.promise, member);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', stopped);
    await links.close();
  }
}

function asker(onUp: (link: PeerLink) => void): ConstructorParameters<typeof MeshLinks>[2]['replication'] {
  return {
    onUp,
    onMessage: (link, message) => link.release(message.length),
    onWritable: () => undefined,
    onDown: () => undefined,
  };
}

function parsed(text: string, member: Address): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new AdapterError('Serialization', `The member at ${addressText(member)} tells no JSON.`, { cause });
  }
  throw new AdapterError('Serialization', `The member at ${addressText(member)} tells no figures.`);
}

interface Deferred {
  readonly promise: Promise<string>;
  readonly resolve: (text: string) => void;
  readonly reject: (error: AdapterError) => void;
}

function deferred(): Deferred {
  let [resolve, reject]: [Deferred['resolve'], Deferred['reject']] = [() => undefined, () => undefined];
  const promise = new Promise<string>((resolves, rejects) => {
    resolve = resolves;
    reject = rejects;
  });
  return { promise, resolve, reject };
}
