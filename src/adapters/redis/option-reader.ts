// Reads options of the adapter one by one. Invariant: every fault is noted, with its path and what was expected, and no
// value that may be a secret is shown.
import type { ConfigFault } from '../../errors/config-error.ts';

/** A whole number: its limits, and what it is when it is left out; undefined means that it must be given. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly fallback: number | undefined;
}

export class OptionReader {
  readonly #values = new Map<string, unknown>();
  readonly #path: string;
  readonly #faults: ConfigFault[];

  constructor(options: unknown, { path, known }: { path: string; known: readonly string[] }, faults: ConfigFault[]) {
    this.#path = path;
    this.#faults = faults;
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      faults.push({ path, expected: 'an object of options', value: shown(options) });
      return;
    }
    for (const [name, value] of Object.entries(options)) {
      if (known.includes(name)) this.#values.set(name, value);
      else faults.push({ path: `${path}.${name}`, expected: `one of ${known.join(', ')}` });
    }
  }

  number(name: string, { min, max, fallback }: NumberRange): number {
    const value = this.#values.get(name);
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    return this.#fault(name, `a whole number from ${min} to ${max}`, fallback ?? min);
  }

  flag(name: string): boolean {
    const value = this.#values.get(name);
    if (value === undefined || typeof value === 'boolean') return value === true;
    return this.#fault(name, 'true or false', false);
  }

  choice<T extends string>(name: string, choices: readonly [T, ...T[]]): T {
    const value = this.#values.get(name);
    if (value === undefined) return choices[0];
    const chosen = choices.find((each) => each === value);
    return chosen ?? this.#fault(name, choices.map((each) => `'${each}'`).join(' or '), choices[0]);
  }

  text(name: string, rule: { readonly pattern: RegExp; readonly expected: string; readonly fallback: string }): string {
    const value = this.#values.get(name);
    if (value === undefined) return rule.fallback;
    if (typeof value === 'string' && rule.pattern.test(value)) return value;
    return this.#fault(name, rule.expected, rule.fallback);
  }

  secret(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    this.#faults.push({ path: `${this.#path}.${name}`, expected: 'a string that is not empty' });
    return undefined;
  }

  object(name: string): object | undefined {
    const value = this.#values.get(name);
    if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) return value;
    return this.#fault(name, 'an object', undefined);
  }

  #fault<T>(name: string, expected: string, fallback: T): T {
    this.#faults.push({ path: `${this.#path}.${name}`, expected, value: shown(this.#values.get(name)) });
    return fallback;
  }
}

function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : `a value of type ${typeof value}`;
}
