// `meshbus ingest`: lines of JSON from files or stdin into a store.
import { DEFAULTS } from '../../config/defaults.ts';
import { RANGES } from '../../config/ranges.ts';
import type { Command, CommandInput } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { stopCode } from '../host.ts';
import { LineOutput } from '../line-output.ts';
import { Notices } from '../notices.ts';
import { storeOf } from '../store-url.ts';
import { IngestRun } from './ingest-run.ts';
import { type Input, inputsOf } from './inputs.ts';
import { KeyPath } from './key-path.ts';
import { Progress } from './progress.ts';

export const ingestCommand: Command = {
  name: 'ingest',
  summary: 'store lines of JSON from files or stdin',
  synopsis: '[FILE...|-] --to URL [--key PATH] [--strict]',
  about: [
    'Reads one JSON value a line (NDJSON), from the files in their order, or from stdin without one or for -. The ' +
      'bytes of a line are stored as they are, without the \\n; a \\r before it is kept. Lines of spaces are skipped.',
    'A line that is not JSON, not UTF-8, or too large is bad: it is reported on stderr as FILE:NUMBER, counted, and ' +
      'the others go on. Lines that `poll --envelope` wrote, and other lines with its marker {"meshbus":, are read ' +
      'back into payload, key and headers.',
    'At the end, or after Ctrl-C, what was taken is flushed and the account is told on stderr. A second Ctrl-C leaves ' +
      'at once.',
  ],
  options: {
    to: { type: 'string', value: 'URL', help: 'the store' },
    key: { type: 'string', value: 'PATH', help: 'the member whose value is the routing key, such as user.id' },
    strict: { type: 'boolean', help: 'stop at the first bad line' },
    plain: { type: 'boolean', help: 'take every line as a payload, also one with the marker {"meshbus":' },
    shards: { type: 'string', value: 'N', help: `shards to write, 1 to 256 (default ${DEFAULTS.shards})` },
    'max-event-bytes': { type: 'string', value: 'N', help: 'the longest payload (default 1048576)' },
    json: { type: 'boolean', help: 'print the account as JSON on stdout' },
  },
  examples: [
    { line: 'meshbus ingest events.ndjson --to log:./data', about: 'a file into a log in the folder data' },
    { line: 'tail -f app.log | meshbus ingest --to log:./data --key user.id', about: 'what a program writes, by user' },
    { line: 'meshbus ingest events.ndjson --to memory: --strict', about: 'only check the file' },
  ],
  run,
};

async function run({ host, options, positionals, schemes }: CommandInput): Promise<number> {
  const store = storeOf(options.required('to', 'where do the events go? As in --to log:./data'), schemes, host.env);
  const maxEventBytes = options.count('max-event-bytes', RANGES.maxEventBytes) ?? DEFAULTS.maxEventBytes;
  const shards = options.count('shards', RANGES.shards);
  const path = options.text('key');
  const key = path === undefined ? undefined : new KeyPath(path);
  const inputs = await inputsOf(positionals, host);
  const notices = new Notices(host);
  const flags = { strict: options.flag('strict'), plain: options.flag('plain') };
  const ingest = new IngestRun({ ...flags, store, inputs, key, maxEventBytes, shards, notices, stop: host.stop });
  const { account } = ingest;
  const progress = new Progress({ account, notices, totalBytes: totalOf(inputs), nowMs: () => performance.now() });
  try {
    await ingest.run();
  } finally {
    progress.end();
  }
  notices.say(account.text(progress.seconds));
  if (options.flag('json')) {
    const json = JSON.stringify({ ...account.toJSON(), seconds: progress.seconds });
    await new LineOutput(host.stdout).write(`${json}\n`);
  }
  if (host.stop.aborted) return stopCode(host.stop);
  return ingest.failed || account.bad > 0 || account.notStored > 0 ? EXIT.failed : EXIT.ok;
}

function totalOf(inputs: readonly Input[]): number | undefined {
  let total = 0;
  for (const { bytes } of inputs) {
    if (bytes === undefined) return undefined;
    total += bytes;
  }
  return total;
}
