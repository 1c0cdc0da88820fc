// What one command of `meshbus` is: its words for the help, its options, and what it does.
import type { Host } from './host.ts';
import type { OptionValues } from './option-values.ts';
import type { SchemeTable } from './store-url.ts';

/** One option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** What the help calls the value. */
  readonly value?: string;
  readonly help: string;
}

export interface Example {
  readonly line: string;
  readonly about: string;
}

/** What a command works with. */
export interface CommandInput {
  readonly positionals: readonly string[];
  readonly options: OptionValues;
  readonly host: Host;
  readonly schemes: SchemeTable;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What follows the name. */
  readonly synopsis: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly Example[];
  /** Resolves to the exit code. @throws UsageError for a command line that cannot be meant */
  run(input: CommandInput): Promise<number>;
}
