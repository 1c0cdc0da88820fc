// Reads options of an adapter one by one and gathers what is wrong with them. Invariants: every fault is noted, with its
// path and what was expected; no value but a number is shown, and none of a secret, since options hold them.
import type { ConfigFault } from '../errors/config-error.ts';

/** A whole number: its limits, and what it is when it is left out; undefined means that it must be given. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly fallback: number | undefined;
}

/** What a text must look like. */
export interface TextRule {
  readonly pattern: RegExp;
  readonly expected: string;
}

/** The names that options may have, and the path that begins theirs. */
export interface OptionNames {
  readonly path: string;
  readonly known: readonly string[];
}

const SOME_TEXT: TextRule = { pattern: /./su, expected: 'a string that is not empty' };

export class OptionReader {
  readonly #values = new Map<string, unknown>();
  readonly #path: string;
  readonly #faults: ConfigFault[];

  constructor(options: unknown, { path, known }: OptionNames, faults: ConfigFault[]) {
    this.#path = path;
    this.#faults = faults;
    if (!isObject(options)) {
      faults.push({ path, expected: 'an object of options', value: shown(options) });
      return;
    }
    for (const [name, value] of Object.entries(options)) {
      if (known.includes(name)) this.#values.set(name, value);
      else faults.push({ path: `${path}.${name}`, expected: `one of ${known.join(', ')}` });
    }
  }

  /** A whole number that has a default or must be given. */
  number(name: string, { min, max, fallback }: NumberRange): number {
    if (this.#values.get(name) === undefined && fallback !== undefined) return fallback;
    return this.#read(name, expectedNumber(min, max), wholeNumber(min, max), true) ?? fallback ?? min;
  }

  /** A whole number, or undefined when it is left out. */
  count(name: string, min: number, max: number): number | undefined {
    return this.#read(name, expectedNumber(min, max), wholeNumber(min, max));
  }

  flag(name: string): boolean | undefined {
    return this.#read(name, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const expected = choices.map((each) => `'${each}'`).join(' or ');
    return this.#read(name, expected, (value) => choices.find((each) => each === value));
  }

  text(name: string, { expected, pattern }: TextRule = SOME_TEXT): string | undefined {
    return this.#read(name, expected, (value) =>
      typeof value === 'string' && pattern.test(value) ? value : undefined,
    );
  }

  /** A text that must not be shown, nor what stands in its place. */
  secret(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    this.#faults.push({ path: `${this.#path}.${name}`, expected: SOME_TEXT.expected });
    return undefined;
  }

  object(name: string): object | undefined {
    return this.#read(name, 'an object', (value) => (isObject(value) ? value : undefined));
  }

  /** Texts and flags under one name; `true` is an empty section, `false` none. */
  section(name: string, names: readonly string[]): Readonly<Record<string, unknown>> | undefined {
    const expected = `true, false or an object with ${names.join(', ')}`;
    const isKnown = ([each, of]: [string, unknown]): boolean =>
      names.includes(each) && ['string', 'boolean', 'undefined'].includes(typeof of);
    const value = this.#read<Record<string, unknown> | false>(name, expected, (given) => {
      if (typeof given === 'boolean') return given ? {} : false;
      return isObject(given) && Object.entries(given).every(isKnown) ? { ...given } : undefined;
    });
    return value === false ? undefined : value;
  }

  #read<T>(name: string, expected: string, take: (value: unknown) => T | undefined, must = false): T | undefined {
    const value = this.#values.get(name);
    if (value === undefined && !must) return undefined;
    const taken = take(value);
    if (taken === undefined) this.#faults.push({ path: `${this.#path}.${name}`, expected, value: shown(value) });
    return taken;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expectedNumber(min: number, max: number): string {
  return `a whole number from ${min} to ${max}`;
}

function wholeNumber(min: number, max: number): (value: unknown) => number | undefined {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined;
}

function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a value of type ${typeof value}`;
}
