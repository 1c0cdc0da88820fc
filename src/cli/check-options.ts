// Whether the options of a command line are those of its command, told in words of ours: the option that is wrong, and
// what the command takes. Hop before: the tokens of node:util parseArgs; hop after: its strict reading.
import type { Command, OptionSpec } from './command.ts';
import { printable } from './text.ts';
import { UsageError } from './usage-error.ts';

/** What parseArgs tells of one word. */
interface Token {
  readonly kind: string;
  readonly name?: string | undefined;
  readonly rawName?: string | undefined;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** @throws UsageError for the first option that is unknown, given twice, or lacks its value or has one too many */
export function checkOptions(command: Command, tokens: readonly Token[]): void {
  const seen = new Set<string>();
  for (const { kind, name = '', rawName = '', value, inlineValue = false } of tokens) {
    if (kind !== 'option') continue;
    const spec = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
    const given = printable(rawName, 40);
    if (spec === undefined || !rawName.startsWith('--')) throw unknownOption(command, given);
    if (seen.has(name)) throw new UsageError(`${given} is given twice`);
    seen.add(name);
    if (spec.type === 'boolean' && value !== undefined) throw new UsageError(`${given} takes no value`);
    if (spec.type === 'string') checkValue(given, spec, { value, inlineValue });
  }
}

/** A next word that looks like an option is one that the user meant as such. */
function checkValue(
  given: string,
  { value: wanted = 'VALUE' }: OptionSpec,
  { value, inlineValue }: { readonly value: string | undefined; readonly inlineValue: boolean },
): void {
  if (value === undefined) throw new UsageError(`${given} lacks its value: ${given} ${wanted}`);
  if (inlineValue || !value.startsWith('-') || value === '-') return;
  const text = printable(value, 40);
  throw new UsageError(
    `${given} lacks its value: '${text}' looks like an option; if it is the value, write ${given}=${text}`,
  );
}

function unknownOption({ name, options, synopsis }: Command, given: string): UsageError {
  const names = Object.keys(options).map((each) => `--${each}`);
  const usage =
    Object.hasOwn(options, 'from') || given !== '--from'
      ? ''
      : `; the store goes without it: meshbus ${name} ${synopsis}`;
  return new UsageError(`${given} is no option of ${name}: there are ${[...names, '--help'].join(', ')}${usage}`);
}
