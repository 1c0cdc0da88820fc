// Two instances of a service in processes of their own, a load balancer that cuts connections at random, and a client for
// each session that is to get the whole text, each token once, wherever it lands. Run with `node examples/mesh-sse/run.mjs`;
// `MESHBUS_SEED=17` repeats the cuts of a run.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readSession } from './client.mjs';
import { startProxy } from './proxy.mjs';

const LONGEST_ANSWER_BYTES = 1500;
const seed = Number(process.env.MESHBUS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = randomOf(seed);
console.log(`seed ${seed} (MESHBUS_SEED)`);

const key = randomBytes(32).toString('base64');
const north = await startInstance({ NAME: 'north', MESHBUS_PSK: key });
const south = await startInstance({ NAME: 'south', MESHBUS_PSK: key, PEER: north.mesh });
const nextCut = () => 1 + Math.floor(random() * LONGEST_ANSWER_BYTES);
const proxy = await startProxy([north.http, south.http], nextCut);

const expected = expectedTexts();
const base = `http://127.0.0.1:${proxy.address().port}`;
const all = await Promise.all([...expected.keys()].map(async (name) => [name, await readSession(base, name)]));
const isWhole = all.map(([name, read]) => report(name, read)).every(Boolean);
console.log(isWhole ? 'ok: every text is whole, each token once' : 'failed: a text differs');
process.exitCode = isWhole ? 0 : 1;

proxy.close();
proxy.closeAllConnections();
for (const { child } of [north, south]) child.disconnect();

/** Starts an instance; it ends when this process does, and this process with it when it fails. */
async function startInstance(env) {
  const child = fork(new URL('./server.mjs', import.meta.url), { env: { ...process.env, ...env } });
  child.once('exit', (code) => {
    if (code === 0) return;
    console.error(`the instance ${env.NAME} ended with ${code}`);
    process.exit(1);
  });
  const [ports] = await once(child, 'message');
  return { child, ...ports };
}

/** By session, the text that its tokens make. */
function expectedTexts() {
  const texts = new Map();
  for (const line of readFileSync(new URL('../data/tokens.ndjson', import.meta.url), 'utf8').split('\n')) {
    if (line === '') continue;
    const { session, token = '' } = JSON.parse(line);
    texts.set(session, (texts.get(session) ?? '') + token);
  }
  return texts;
}

/** Prints what became of a session; true when it is whole. */
function report(name, { events, cuts, instances, generatedOn, lastId }) {
  const text = events.map(({ token = '' }) => token).join('');
  const isWhole = text === expected.get(name) && events.every(({ index }, nth) => index === nth);
  const elsewhere = events.filter(({ instance }) => instance !== generatedOn).length;
  console.log(`${name}: ${text}`);
  console.log(
    `  ${events.length} events, ${elsewhere} of them not from ${generatedOn}, which generates; ` +
      `${cuts} cuts; ${instances.join(' ')}; event ids of ${lastId.length} bytes; ${isWhole ? 'ok' : 'DIFFERS'}`,
  );
  return isWhole;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
