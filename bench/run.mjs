// Runs the benchmarks and prints a table, or JSON with --json. Ratios count: a machine's own speed drifts.
//   npm run bench -- [--json] [--quick] [NAME ...]
import { cpus } from 'node:os';
import * as endToEnd from './micro/end-to-end.mjs';
import * as garbage from './micro/garbage.mjs';
import * as ingestObject from './micro/ingest-object.mjs';
import * as ingestRaw from './micro/ingest-raw.mjs';
import * as latency from './micro/latency.mjs';
import * as command from './topologies/command.mjs';
import * as growth from './topologies/growth.mjs';
import * as jetstream from './topologies/jetstream.mjs';
import * as log from './topologies/log.mjs';
import * as net from './topologies/net.mjs';
import * as overload from './topologies/overload.mjs';
import * as poll from './topologies/poll.mjs';
import * as redis from './topologies/redis.mjs';
import * as scaling from './topologies/scaling.mjs';

const BENCHES = {
  ingestRaw,
  endToEnd,
  ingestObject,
  garbage,
  latency,
  overload,
  poll,
  scaling,
  growth,
  log,
  redis,
  jetstream,
  net,
  command,
};
const words = process.argv.slice(2);
const json = words.includes('--json');
const quick = words.includes('--quick');
const names = words.filter((word) => !word.startsWith('--'));
const flags = words.filter((word) => word.startsWith('--') && word !== '--json' && word !== '--quick');
const unknown = [...names.filter((name) => !(name in BENCHES)), ...flags];
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are --json, --quick, ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const rows = [];
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  const found = await BENCHES[name].run({ rounds: quick ? 3 : 7, quick });
  rows.push(...found);
  if (!json) for (const each of found) console.log(format(each));
}
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
if (json) console.log(JSON.stringify({ machine, rows }, null, 2));
else console.log(`\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);

function format({ name, ns, yardstick, yardstickNs, ratio, target, holds, note }) {
  const cells = [name.padEnd(52), `${ns.toFixed(1)} ns`.padStart(12), `${(1000 / ns).toFixed(2)} M/s`.padStart(12)];
  if (ratio !== undefined) cells.push(`${ratio.toFixed(2)} x ${yardstick} (${yardstickNs.toFixed(1)} ns)`);
  if (target !== undefined) cells.push(`aim ${target} x: ${holds ? 'held' : 'missed'}`);
  if (note !== undefined) cells.push(note);
  return cells.join('  ');
}
