// A thousand connections of those who do not belong: nobody gets in, nothing breaks or grows, members are served meanwhile.
import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { Credentials } from '../../src/adapters/net/link/credentials.ts';
import { seededRandom, within } from '../../src/testing/index.ts';
import { closeAll, keyed, type LinkNode, started } from '../support/net/link-node.ts';
import { seedOf } from '../support/seed.ts';
import { recorder, Strangers } from './net/strangers.ts';
import { type Health, Victim } from './net/victim.ts';

const random = seededRandom(seedOf('net-strangers'));
const KEY = Buffer.from(Array.from({ length: 32 }, () => Math.floor(random() * 256)));
const victims: Victim[] = [];
afterEach(async () => {
  await closeAll();
  await Promise.all(victims.splice(0).map((victim) => victim.stop()));
});

async function victim(): Promise<{ victim: Victim; port: number }> {
  const made = Victim.start(KEY);
  victims.push(made);
  const { port } = (await within(20_000, () => made.health)) as Health;
  return { victim: made, port };
}

async function member(nodeId: string, port: number, credentials = keyed(KEY)): Promise<LinkNode> {
  const node = await started(nodeId, {
    listen: [],
    peers: [{ host: '127.0.0.1', port }],
    credentials,
    reconnectMaxMs: 200,
  });
  await within(20_000, () => node.up.length === 1);
  return node;
}

/** A member's message and its answer. */
async function served(node: LinkNode): Promise<void> {
  const text = `${node.heard.length}`;
  node.say(text);
  await within(20_000, () => node.heard.includes(text));
}

test('a thousand strangers get nowhere, cost little, and keep no member out', async () => {
  const { victim: node, port } = await victim();
  const old = await member('old', port);
  const way = await recorder(port);
  const recordedMember = await member('recorded', way.port);
  await served(recordedMember);
  const strangers = new Strangers(port, random);
  const wave = async (): Promise<void> => {
    strangers.silent(400);
    strangers.garbage(300);
    strangers.replay(way.recorded, 100);
    strangers.withoutKey(100);
    strangers.withCredentials(keyed(randomBytes(32)), 50);
    strangers.withCredentials(keyed(KEY, 'taken-back'), 50);
    for (let nth = 0; nth < 20; nth += 1) await served(old);
  };
  await wave();
  await served(await member('new during the first wave', port));
  await within(20_000, () => strangers.open === 0);
  const before = (await within(5000, () => node.health)) as Health;
  for (let nth = 0; nth < 2; nth += 1) {
    await wave();
    expect((node.health as Health).handshakes).toBeLessThanOrEqual(128);
    await served(await member(`new during wave ${nth}`, port));
    await within(20_000, () => strangers.open === 0);
  }
  const { refused } = before;
  await within(20_000, () => (node.health?.handshakes === 0 && node.health.refused > refused) || undefined);
  const after = node.health as Health;
  expect(strangers.entered).toBe(0);
  expect(strangers.ended).toBe(3000);
  expect([...after.peers].sort()).toEqual([
    'new during the first wave',
    'new during wave 0',
    'new during wave 1',
    'old',
    'recorded',
  ]);
  expect(node.hasEnded).toBe(false);
  expect(old.downs).toEqual([]);
  expect(after.memoryBytes - before.memoryBytes).toBeLessThan(8_000_000);
  way.stop();
});

test('the key of a mesh alone does not let in: another mesh, garbage in place of a hello, a hello that never comes', async () => {
  const { victim: node, port } = await victim();
  const other = await started('other', {
    listen: [],
    peers: [{ host: '127.0.0.1', port }],
    credentials: keyed(KEY),
    mesh: 'other',
  });
  const strangers = new Strangers(port, random);
  strangers.withCredentials(keyed(KEY), 50);
  await within(20_000, () => other.links.figures().dials[0]?.lastError?.includes('mesh'));
  await within(20_000, () => strangers.entered > 0 && strangers.open === 0);
  expect([other.up, node.health?.peers]).toEqual([[], []]);
  await served(await member('member', port));
});

test('a key that was taken back lets nobody in, and those who have the next one are served', async () => {
  const next = randomBytes(32);
  const made = Victim.start(next, 'next');
  victims.push(made);
  const { port } = (await within(20_000, () => made.health)) as Health;
  const strangers = new Strangers(port, random);
  strangers.withCredentials(keyed(KEY), 50);
  const both = Credentials.ofKeys([
    ['default', KEY],
    ['next', next],
  ]);
  await served(await member('member of both', port, both));
  await within(20_000, () => strangers.open === 0);
  await within(5000, () => made.health?.peers.length === 1);
  expect([strangers.entered, made.health?.peers]).toEqual([0, ['member of both']]);
});
