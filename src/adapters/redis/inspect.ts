// What `meshbus doctor` looks at besides the events: settings of the server by which it may lose what it acknowledged.
import { unbundled } from '../../adapter/client-loader.ts';
import type { StoreFault } from '../../adapter/store-fault.ts';
import { aliveWhile } from '../../util/alive-while.ts';
import { loadRedis } from './client.ts';
import { redisSettings } from './config.ts';
import type { Connection } from './connection.ts';
import { Nodes } from './nodes.ts';

/** What is wrong with the servers of a store; changes nothing. @throws AdapterError */
export async function inspectRedis(url: string): Promise<readonly StoreFault[]> {
  const settings = redisSettings(url, { readOnly: true });
  const module = await loadRedis(unbundled('redis'));
  const nodes = new Nodes({ module, settings, phase: { starting: true } });
  try {
    // Connections do not keep the process alive, and nobody else waits here.
    return await aliveWhile(() => faultsOf(nodes));
  } finally {
    nodes.close();
  }
}

async function faultsOf(nodes: Nodes): Promise<readonly StoreFault[]> {
  const faults: StoreFault[] = [];
  for (const node of await nodes.all('read')) faults.push(...serverFaults(node.name, await settingsOf(node)));
  return faults;
}

/** Settings by name; those that the user may not see are absent. */
export type ServerSettings = ReadonlyMap<string, string>;

const WATCHED = ['appendonly', 'appendfsync', 'save', 'maxmemory', 'maxmemory-policy'];
/** Redis 7: older ones lack entries-added, sharded channels and much else, and get no more repairs. */
const OLD_BELOW = 7;

/** What a server's settings mean for a store. */
export function serverFaults(server: string, settings: ServerSettings): StoreFault[] {
  const get = (name: string): string | undefined => settings.get(name);
  const fault = (weight: StoreFault['weight'], what: string, remedy: string): StoreFault => ({
    weight,
    what: `${server}: ${what}`,
    remedy,
  });
  const faults: StoreFault[] = [];
  const version = get('redis_version');
  if (version !== undefined && Number.parseInt(version, 10) < OLD_BELOW) {
    faults.push(fault('note', `Redis ${version} is old`, 'nothing, or bring it to 7 or later'));
  }
  const hidden = WATCHED.filter((name) => !settings.has(name));
  if (hidden.length > 0) {
    const what = `this user may not see ${hidden.join(', ')}, which decide what the server may lose`;
    faults.push(fault('note', what, 'look at them as another user, or let this one CONFIG GET them'));
  }
  if (get('appendonly') === 'no') {
    const kept =
      get('save') === '' ? 'nothing survives its restart' : 'a crash loses what came since the last snapshot';
    faults.push(fault('fault', `appendonly is no: ${kept}`, 'set appendonly to yes, and appendfsync to always'));
  } else if (get('appendonly') === 'yes' && get('appendfsync') !== 'always') {
    const what = `appendfsync is ${get('appendfsync')}: a power failure loses the last acknowledged events`;
    faults.push(fault('note', what, 'set it to always where that matters; each batch then waits for the disk'));
  }
  const policy = get('maxmemory-policy');
  if (policy !== undefined && policy !== 'noeviction') {
    const limited = get('maxmemory') !== '0';
    const what = `maxmemory-policy is ${policy}: the server deletes streams, or what tells repetitions, when it is full`;
    faults.push(fault(limited ? 'fault' : 'note', what, 'set it to noeviction, and bound the store by maxEntries'));
  }
  return faults;
}

async function settingsOf(node: Connection): Promise<ServerSettings> {
  const settings = new Map<string, string>();
  const info = await node.sendIfAllowed(['INFO', 'server'], 'INFO');
  const version = /^redis_version:(\S+)/m.exec(typeof info === 'string' ? info : '')?.[1];
  if (version !== undefined) settings.set('redis_version', version);
  for (const name of WATCHED) {
    const reply = await node.sendIfAllowed(['CONFIG', 'GET', name], 'CONFIG GET');
    if (Array.isArray(reply) && typeof reply[1] === 'string') settings.set(name, reply[1]);
  }
  return settings;
}
