// The help of the command and of each of its commands, as plain text of at most 100 columns.
import type { Command, Example, OptionSpec } from './command.ts';

const WIDTH = 100;

const CODES = [
  'Exit codes: 0 done (ingest: everything that was read is stored), 1 something failed or a line was bad,',
  '2 the command line is wrong, 130 stopped by Ctrl-C, 143 by SIGTERM (tail and --watch end with 0 then).',
];

const TOP_EXAMPLES: readonly Example[] = [
  { line: 'meshbus ingest events.ndjson --to log:./data --key user.id', about: 'store a file' },
  { line: 'meshbus poll --from log:./data --limit 10', about: 'print ten events' },
  { line: 'meshbus tail --from log:./data --new', about: 'follow what comes' },
];

/** The help of `meshbus` itself. */
export function overview(commands: readonly Command[], schemes: readonly string[]): string {
  const names = commands.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`);
  return [
    'Usage: meshbus COMMAND [OPTIONS]',
    '',
    'An event bus on the command line: NDJSON into a store, and back out of it.',
    '',
    'Commands:',
    ...names,
    '',
    `A store is named by a URL: ${schemes.map((scheme) => `${scheme}:`).join(', ')} as in log:./data or log:/var/lib/data.`,
    'What follows the scheme is taken as typed: no character is decoded.',
    '',
    ...exampleLines(TOP_EXAMPLES),
    '',
    ...CODES,
    '',
    'meshbus COMMAND --help tells more. meshbus --version prints the version.',
  ].join('\n');
}

/** The help of one command. */
export function helpOf(command: Command): string {
  const { name, summary, synopsis, about, options, examples } = command;
  const paragraphs = about.flatMap((text) => ['', ...wrapped(text, WIDTH)]);
  return [
    `Usage: meshbus ${name} ${synopsis}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...paragraphs,
    '',
    'Options:',
    ...optionLines({ ...options, help: { type: 'boolean', short: 'h', help: 'this text' } }),
    '',
    ...exampleLines(examples),
    '',
    ...CODES,
  ].join('\n');
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  const rows = Object.entries(options).map(([name, { short, value, help }]) => {
    const dashed = short === undefined ? `--${name}` : `-${short}, --${name}`;
    return [value === undefined ? dashed : `${dashed} ${value}`, help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`);
}

function exampleLines(examples: readonly Example[]): string[] {
  return ['Examples:', ...examples.flatMap(({ line, about }) => [`  # ${about}`, `  ${line}`])];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
