// What a piece of work takes: time on the wall, and CPU of this process and of a server. Where others use the same cores,
// the wall says how busy they were, and the CPU still says what the work costs.
import { readFileSync } from 'node:fs';
import { check, median } from './measure.mjs';

/** A tick of /proc/PID/stat, ns: 100 a second on every Linux that Node runs on. */
const TICK_NS = 10_000_000;

/** Nanoseconds per item of `work`: `wall`, `cpu` of this process, and `server`, NaN where there is no /proc. */
export async function usage({ items, pid }, work) {
  const before = serverNs(pid);
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await work();
  const wall = Number(process.hrtime.bigint() - start) / items;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: ((user + system) * 1000) / items, server: (serverNs(pid) - before) / items };
}

/** One of the measures of each round. */
export function pick(name, rounds) {
  return rounds.map((each) => each[name]);
}

/** `client CPU 900 ns, server CPU 2100 ns`: medians. */
export function cpuNote(rounds) {
  const [cpu, server] = ['cpu', 'server'].map((name) => median(pick(name, rounds)).toFixed(0));
  return `client CPU ${cpu} ns, server CPU ${server} ns`;
}

/** The adapter of a configuration, and how long each of its batches was under way, ns. */
export function timedBatches(config) {
  const times = [];
  const create = () => {
    const adapter = config.create();
    const onBatch = adapter.onBatch.bind(adapter);
    adapter.onBatch = async (batch, call) => {
      const start = process.hrtime.bigint();
      await onBatch(batch, call);
      times.push(Number(process.hrtime.bigint() - start));
    };
    return adapter;
  };
  return { times, config: { kind: config.kind, create } };
}

/** The row that tells the ceiling of a shard: `maxEvents` a round trip. */
export function ceilingRow(name, times, maxEvents) {
  check(times.length > 10, 'batches were timed');
  const roundTrip = median(times);
  const note = `${maxEvents} events / ${(roundTrip / 1e6).toFixed(2)} ms, the median of ${times.length} batches`;
  return { name, ns: roundTrip / maxEvents, note };
}

function serverNs(pid) {
  if (process.platform !== 'linux') return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * TICK_NS;
}
