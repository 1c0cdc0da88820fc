// What `meshbus doctor` looks at besides the events: what the server may lose of what it acknowledged. The server does not
// tell how often it syncs its files; so what its version is known to do is told. Changes nothing.
import { unbundled } from '../../adapter/client-loader.ts';
import type { StoreFault } from '../../adapter/store-fault.ts';
import { aliveWhile } from '../../util/alive-while.ts';
import { jetStreamSettings } from './config.ts';
import { Link } from './link.ts';
import { streamConfig } from './stream-setup.ts';

/** What decides over losses. */
export interface StreamSafety {
  readonly stream: string;
  /** Of the server. */
  readonly version: string;
  readonly storage: string;
  readonly replicas: number;
}

/** Enough servers that one may lose its power. */
const SAFE_REPLICAS = 3;

/** What is wrong with the stream of a URL, and its server. @throws AdapterError */
export async function inspectJetStream(url: string): Promise<readonly StoreFault[]> {
  const settings = jetStreamSettings(url, { create: false });
  const load = { transport: unbundled('@nats-io/transport-node'), jetstream: unbundled('@nats-io/jetstream') };
  const link = new Link({ settings, load, phase: { starting: true }, prepare: async () => undefined });
  try {
    // A connection does not keep the process alive, and nobody else waits here.
    const found = await aliveWhile(() => safetyOf(link, settings.prefix));
    return found === undefined ? [] : safetyFaults(found);
  } finally {
    link.close();
  }
}

async function safetyOf(link: Link, stream: string): Promise<StreamSafety | undefined> {
  const connection = await link.connection();
  const config = await streamConfig(connection, stream);
  if (config === undefined) return undefined;
  return { stream, version: connection.version, storage: config.storage, replicas: config.num_replicas };
}

/** What a stream's settings and its server's version mean for what was acknowledged. */
export function safetyFaults({ replicas, storage, stream, version }: StreamSafety): StoreFault[] {
  const where = `the stream "${stream}"`;
  if (storage === 'memory') {
    const what = `${where} is in memory: ${replicas > 1 ? 'a restart of all its servers' : 'a restart of its server'} loses it`;
    return [{ weight: replicas > 1 ? 'note' : 'fault', what, remedy: 'make it anew with file storage' }];
  }
  if (replicas >= SAFE_REPLICAS) return [];
  const loss = `${where} is on ${replicas === 1 ? 'one server' : `${replicas} servers`}, nats-server ${version}`;
  if (isBefore(version, [2, 10])) {
    const what = `${loss}, which syncs its files every two minutes: a loss of power loses what it acknowledged since`;
    const remedy = 'where that matters: nats-server 2.10 or later with sync_interval: always, or three replicas';
    return [{ weight: 'note', what, remedy }];
  }
  const what = `${loss}, which does not tell clients how often it syncs its files: by default every two minutes, and a loss of power loses what it acknowledged since`;
  const remedy = 'where that matters: see that its jetstream block has sync_interval: always, or take three replicas';
  return [{ weight: 'note', what, remedy }];
}

function isBefore(version: string, [major, minor]: readonly [number, number]): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number);
  return hasMajor < major || (hasMajor === major && hasMinor < minor);
}
