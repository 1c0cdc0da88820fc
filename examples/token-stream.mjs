// Streams an NDJSON file through a bus and polls it back: the tokens of several LLM sessions, mixed as they came.
// Run with `npm start`, or `npm start -- FILE` for any NDJSON file (one JSON object a line; `session` is the key).
import { createReadStream } from 'node:fs';
import { EventBus, Filter, memory } from 'meshbus';

const PAGE = 12;
const file = process.argv[2] ?? new URL('./data/tokens.ndjson', import.meta.url);

const bus = await EventBus.create({ adapter: memory(), backpressure: 'block' });
const { first, badLines } = await ingestLines(bus, file).catch((error) => {
  console.error(`${file}: ${error.message}`);
  process.exit(1);
});
await bus.flush();

const filter = filterFor(first);
console.log(`Two pages of up to ${PAGE} events${filter ? ` with ${JSON.stringify(filter)}` : ''}:`);
const page = await bus.poll({ limit: PAGE, filter });
print(page);
print(await bus.poll({ limit: PAGE, filter, from: page.cursor }));

const account = await bus.shutdown();
console.log(
  `ingested ${account.eventsIngested}, dispatched ${account.eventsDispatched}, ` +
    `dropped ${account.eventsDropped}, rejected ${account.eventsRejected}, bad lines ${badLines}`,
);
if (badLines > 0) process.exitCode = 1;

/** Ingests every line as its own bytes, keyed by session; memory stays bounded, since each ingest waits for room. */
async function ingestLines(bus, file) {
  let first;
  let number = 0;
  let badLines = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (line.toString().trim() === '') continue;
    try {
      const value = JSON.parse(line.toString());
      first ??= value;
      await bus.ingestRaw(line, typeof value?.session === 'string' ? { key: value.session } : undefined);
    } catch (error) {
      badLines += 1;
      console.error(`${file}:${number}: ${error.message}`);
    }
  }
  return { first, badLines };
}

/** Lines end at a line feed and nowhere else: a string in JSON may hold every other separator. */
async function* linesOf(file) {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file)) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      yield Buffer.concat([rest, chunk.subarray(start, end)]);
      rest = Buffer.alloc(0);
      start = end + 1;
    }
    rest = Buffer.concat([rest, chunk.subarray(start)]);
  }
  if (rest.length > 0) yield rest;
}

/** Events like the first one: of the same session, or with the same first plain member. */
function filterFor(value) {
  if (typeof value !== 'object' || value === null) return undefined;
  if (typeof value.session === 'string') return Filter.eq('session', value.session);
  const member = Object.entries(value).find(([name, item]) => /^[^.]+$/.test(name) && typeof item !== 'object');
  return member === undefined ? undefined : Filter.eq(member[0], member[1]);
}

function print(page) {
  for (const event of page.events) console.log(`  ${event.timestamp.toISOString()}  ${event.id}  ${event.text()}`);
  console.log(`  cursor ${page.cursor}, more: ${page.hasMore}`);
}
