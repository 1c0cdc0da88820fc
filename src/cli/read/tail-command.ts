// `meshbus tail`: what a store holds, then what comes, until stopped.
import type { Command } from '../command.ts';
import { readCommand } from './read-command.ts';
import { READ_OPTIONS } from './read-options.ts';

export const tailCommand: Command = {
  name: 'tail',
  summary: 'print stored events, then follow what comes',
  synopsis: '--from URL [--new] [--limit N] [--cursor C | --cursor-file F] [--filter JSON]',
  about: [
    'Prints as `poll` does, then waits for more and prints it as it comes, until Ctrl-C, the end of the reader of its ' +
      'output, or --limit. Being stopped is its normal end: the exit code is 0.',
  ],
  options: {
    ...READ_OPTIONS,
    new: { type: 'boolean', help: 'only what comes from now on, unless a cursor file says where to go on' },
  },
  examples: [
    { line: 'meshbus tail --from log:./data', about: 'everything, then what comes' },
    { line: 'meshbus tail --from log:./data --new --envelope', about: 'only what comes, with ids and times' },
    { line: 'meshbus tail --from log:./data --cursor-file seen | ./handle', about: 'go on where the last run ended' },
  ],
  run: (input) => readCommand(input, { read: (run) => run.follow(), endless: true }),
};
