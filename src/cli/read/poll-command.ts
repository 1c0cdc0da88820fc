// `meshbus poll`: what a store holds, as lines on stdout.
import type { Command } from '../command.ts';
import { readCommand } from './read-command.ts';
import { READ_OPTIONS } from './read-options.ts';

export const pollCommand: Command = {
  name: 'poll',
  summary: 'print stored events, one a line, and end',
  synopsis: '--from URL [--limit N] [--cursor C | --cursor-file F] [--filter JSON]',
  about: [
    "Prints each event's payload as it is stored, when that is JSON in one line; any other payload is printed as " +
      '{"meshbus":{},"base64":"..."}. With --envelope each line is {"meshbus":{id, shard, time, ...},"payload":...}. ' +
      '`ingest` reads all of them back.',
    'A cursor file makes repeated calls continue exactly: it is replaced as a whole, after the output was written. ' +
      'Without it the start is the oldest event, or --cursor, or --since.',
  ],
  options: READ_OPTIONS,
  examples: [
    { line: 'meshbus poll --from log:./data --limit 10', about: 'the first ten events' },
    { line: 'meshbus poll --from log:./data --cursor-file seen', about: 'what is new since the last call' },
    {
      line: `meshbus poll --from log:./data --filter '{"path":"type","value":"error"}' --since 1h`,
      about: 'the errors of the last hour',
    },
    {
      line: 'meshbus poll --from log:./a --envelope | meshbus ingest --to log:./b',
      about: 'copy a log, keys and headers too',
    },
  ],
  run: (input) => readCommand(input, { read: (run) => run.replay(), endless: false }),
};
