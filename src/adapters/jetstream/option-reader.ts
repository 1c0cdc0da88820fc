// Reads options one by one and gathers what is wrong with them. Invariant: no value but a number or one of a choice is
// ever shown, since options hold secrets; an option that nobody asked for does not exist.
import type { ConfigFault } from '../../errors/config-error.ts';

type Fields = Readonly<Record<string, unknown>>;

export class OptionReader {
  readonly #path: string;
  readonly #fields: Fields;
  readonly #faults: ConfigFault[];
  readonly #asked = new Set<string>();

  constructor(path: string, options: unknown, faults: ConfigFault[]) {
    this.#path = path;
    this.#faults = faults;
    const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
    if (!isObject) faults.push({ path, expected: 'an object of options', value: kindOf(options) });
    this.#fields = isObject ? (options as Fields) : {};
  }

  text(name: string): string | undefined {
    return this.#read(name, 'a text that is not empty', isText);
  }

  /** The same, for what must not be shown. */
  secret(name: string): string | undefined {
    return this.#read(name, 'a text that is not empty', isText);
  }

  flag(name: string): boolean | undefined {
    return this.#read(name, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  count(name: string, least: number, most: number): number | undefined {
    const expected = `a whole number from ${least} to ${most}`;
    return this.#read(name, expected, (value) => {
      const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
      return fits ? value : undefined;
    });
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const expected = choices.map((each) => `'${each}'`).join(' or ');
    return this.#read(name, expected, (value) => choices.find((each) => each === value));
  }

  /** Texts and flags under one name; `true` is an empty section, `false` none. */
  section(name: string, names: readonly string[]): Fields | undefined {
    const expected = `true, false or an object with ${names.join(', ')}`;
    const value = this.#read<Fields | false>(name, expected, (given) => {
      if (typeof given === 'boolean') return given ? {} : false;
      if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
      const fields = given as Fields;
      const known = Object.entries(fields).every(
        ([each, of]) => names.includes(each) && ['string', 'boolean', 'undefined'].includes(typeof of),
      );
      return known ? { ...fields } : undefined;
    });
    return value === false ? undefined : value;
  }

  /** Tells of options that nobody asked for. */
  finish(): void {
    for (const name of Object.keys(this.#fields)) {
      if (!this.#asked.has(name)) this.#faults.push({ path: `${this.#path}.${name}`, expected: 'no such option' });
    }
  }

  #read<T>(name: string, expected: string, take: (value: unknown) => T | undefined): T | undefined {
    this.#asked.add(name);
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    const taken = take(value);
    if (taken === undefined) this.#faults.push({ path: `${this.#path}.${name}`, expected, value: kindOf(value) });
    return taken;
  }
}

function isText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function kindOf(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a value of type ${typeof value}`;
}
