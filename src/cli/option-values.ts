// The options of one command line, as read by node:util parseArgs, with the checks that several commands share.
import { UsageError } from './usage-error.ts';

type Values = Readonly<Record<string, string | boolean | undefined | (string | boolean)[]>>;

export class OptionValues {
  readonly #values: Values;

  constructor(values: Values) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** The text of an option, undefined when it was not given. @throws UsageError when it is empty */
  text(name: string): string | undefined {
    const value = this.#values[name];
    if (typeof value !== 'string') return undefined;
    if (value === '') throw new UsageError(`--${name} is empty`);
    return value;
  }

  /** @throws UsageError when it was not given */
  required(name: string, what: string): string {
    const value = this.text(name);
    if (value === undefined) throw new UsageError(`--${name} is missing: ${what}`);
    return value;
  }

  /** A whole number of a range. @throws UsageError */
  count(name: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new UsageError(`--${name} is a whole number from ${min} to ${max}, got '${text}'`);
  }

  /** At most one of these. @throws UsageError */
  atMostOne(...names: readonly string[]): void {
    const given = names.filter((name) => this.#values[name] !== undefined);
    if (given.length > 1) throw new UsageError(`${given.map((name) => `--${name}`).join(' and ')} exclude each other`);
  }
}
