// One instance of the service: HTTP in front, a node of the mesh behind. POST /sessions/ID generates the tokens of a
// session here; GET /sessions/ID streams them as server-sent events, whichever instance generates them. The id of each
// event is the cursor of the bus, which every instance understands: `Last-Event-ID` goes on right behind it.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { ConsumerError, EventBus, net } from 'meshbus';

const { NAME, PEER, MESHBUS_PSK, PACE_MS = '5' } = process.env;
const LINES = readFileSync(new URL('../data/tokens.ndjson', import.meta.url), 'utf8')
  .split('\n')
  .filter(Boolean);

const bus = await EventBus.create({
  // An instance that knows of another one starts with all that it has.
  adapter: net({ listen: 0, psk: MESHBUS_PSK, ...(PEER ? { peers: PEER, joinTimeoutMs: 10_000 } : {}) }),
  backpressure: 'block',
});
const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.destroy(error));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
process.send({ http: server.address().port, mesh: bus.stats.adapter.listening[0] });
process.once('disconnect', async () => {
  server.close();
  server.closeAllConnections();
  await bus.shutdown();
});

async function answer(request, response) {
  const session = /^\/sessions\/([\w-]+)$/.exec(request.url)?.[1];
  response.setHeader('x-instance', NAME);
  if (session === undefined) return response.writeHead(404).end();
  if (request.method === 'GET') return stream(session, request, response);
  response.writeHead(202).end();
  return generate(session);
}

/** Stands for a model that answers: it goes on whether or not anybody listens. */
async function generate(session) {
  for (const line of LINES) {
    if (JSON.parse(line).session !== session) continue;
    await bus.ingestRaw(line, { key: session }); // One key, one shard: the tokens stay in order.
    await pause(Number(PACE_MS));
  }
}

async function stream(session, request, response) {
  const from = request.headers['last-event-id'] ?? 'earliest';
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    await bus.poll({ limit: 0, from });
  } catch (error) {
    if (error instanceof ConsumerError && error.kind === 'InvalidCursor') return response.writeHead(400).end();
    throw error;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).flushHeaders();
  const onGap = ({ reason, count }) => response.write(`event: gap\ndata: ${JSON.stringify({ reason, count })}\n\n`);
  const filter = { path: 'session', value: session };
  for await (const event of bus.subscribe({ from, filter, onGap, signal: gone.signal })) {
    const hasRoom = response.write(`id: ${event.cursor}\ndata: ${event.text()}\n\n`);
    if (event.json().done) break;
    if (!hasRoom && !gone.signal.aborted) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  response.end();
}
