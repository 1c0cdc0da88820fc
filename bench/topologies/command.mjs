// `meshbus ingest` of a file of many lines into a log, as a user runs it: a process of its own, from its start to its
// end, beside a process that only splits the same file into lines and JSON.parses each.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, interleave, row } from '../support/measure.mjs';
import { objects } from '../support/payloads.mjs';

const COMMAND = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));

const PLAIN_LOOP = `
  import { createReadStream } from 'node:fs';
  let rest = '';
  let count = 0;
  for await (const text of createReadStream('lines.ndjson', { encoding: 'utf8', highWaterMark: 524288 })) {
    const lines = (rest + text).split('\\n');
    rest = lines.pop();
    for (const line of lines) if (JSON.parse(line) !== undefined) count += 1;
  }
  console.log(JSON.stringify({ stored: count }));
`;

export async function run({ rounds, quick }) {
  const lines = quick ? 400_000 : 2_000_000;
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-bench-'));
  try {
    writeLines(join(folder, 'lines.ndjson'), lines);
    writeFileSync(join(folder, 'plain.mjs'), PLAIN_LOOP);
    const timed = (words) => () => timeOf({ words, lines, folder });
    const ingest = [COMMAND, 'ingest', 'lines.ndjson', '--json', '--to'];
    const times = await interleave(Math.min(rounds, 3), {
      loop: timed(['plain.mjs']),
      log: timed([...ingest, 'log:./data']),
      keyed: timed([...ingest, 'log:./data', '--key', 'session']),
    });
    const yardstick = { yardstick: 'split and JSON.parse', yardstickNs: times.loop, target: 1.2 };
    return [
      row('meshbus ingest into a log, per line', { ns: times.log, ...yardstick }),
      row('the same with --key', { ns: times.keyed, ...yardstick }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timeOf({ words, lines, folder }) {
  rmSync(join(folder, 'data'), { recursive: true, force: true });
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  const ns = Number(process.hrtime.bigint() - start) / lines;
  check(status === 0 && JSON.parse(stdout).stored === lines, `the count of ${words.join(' ')}: ${stdout}${stderr}`);
  return ns;
}

function writeLines(path, count) {
  const text = objects()
    .map((object) => `${JSON.stringify(object)}\n`)
    .join('');
  const file = openSync(path, 'w');
  for (let written = 0; written < count; written += objects().length) writeSync(file, text);
  closeSync(file);
}
