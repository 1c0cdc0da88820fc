// From the words of a command line to an exit code. Invariant: nothing is thrown from here; what fails is told on
// stderr. Hop before: main.ts; hop after: one command.
import { parseArgs } from 'node:util';
import { checkOptions } from './check-options.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands.ts';
import { EXIT } from './exit-code.ts';
import { failureText } from './failure.ts';
import { helpOf, overview } from './help.ts';
import type { Host } from './host.ts';
import { LineOutput, OutputClosed } from './line-output.ts';
import { OptionValues } from './option-values.ts';
import { SCHEMES, type SchemeTable } from './store-url.ts';
import { printable } from './text.ts';
import { UsageError } from './usage-error.ts';

/** What a run can be given beside its words; for tests. */
export interface RunOptions {
  readonly version?: string;
  readonly schemes?: SchemeTable;
}

export async function runCommand(words: readonly string[], host: Host, options: RunOptions = {}): Promise<number> {
  const { version = 'unknown', schemes = SCHEMES } = options;
  // Whoever writes hears of a failure by its own call; without a listener the process would end in its middle.
  for (const stream of [host.stdout, host.stderr]) stream.on('error', () => undefined);
  const [first, ...rest] = words;
  const wanted = first === 'help' ? rest[0] : first;
  const command = COMMANDS.find(({ name }) => name === wanted);
  try {
    if (first === '--version') return await print(host, version);
    if (command === undefined && asksForHelp(first)) {
      if (wanted !== first && wanted !== undefined) throw unknownCommand(wanted);
      return await print(host, overview(COMMANDS, Object.keys(schemes)));
    }
    if (command === undefined) throw unknownCommand(first);
    if (first === 'help' || rest.includes('--help') || rest.includes('-h')) return await print(host, helpOf(command));
    return await command.run({ ...parse(command, rest), host, schemes });
  } catch (error) {
    if (error instanceof OutputClosed) return EXIT.ok;
    host.stderr.write(`meshbus: ${failureText(error)}\n`);
    if (!(error instanceof UsageError)) return EXIT.failed;
    host.stderr.write(`See: meshbus ${command === undefined ? '--help' : `${command.name} --help`}\n`);
    return EXIT.usage;
  }
}

function asksForHelp(word: string | undefined): boolean {
  return word === 'help' || word === '--help' || word === '-h';
}

function unknownCommand(word: string | undefined): UsageError {
  const names = COMMANDS.map(({ name }) => name).join(', ');
  const what = word === undefined ? 'a command is missing' : `'${printable(word, 40)}' is no command`;
  return new UsageError(`${what}: there are ${names}`);
}

function parse(command: Command, words: string[]): { positionals: readonly string[]; options: OptionValues } {
  const options = Object.fromEntries(Object.entries(command.options).map(([name, { type }]) => [name, { type }]));
  try {
    const given = { args: words, options, allowPositionals: true };
    checkOptions(command, parseArgs({ ...given, strict: false, tokens: true }).tokens);
    const { positionals, values } = parseArgs(given);
    return { positionals, options: new OptionValues(values) };
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError((cause as Error).message, { cause });
  }
}

async function print(host: Host, text: string): Promise<number> {
  await new LineOutput(host.stdout).write(`${text}\n`);
  return EXIT.ok;
}
