// Collects what is wrong with a configuration, so that all of it is reported together.
// Invariant: a value is shown short, without running code of the caller's and without the password of a URL.
import { ConfigError, type ConfigFault } from '../errors/config-error.ts';

const LONGEST_SHOWN = 40;
const URL_WITH_CREDENTIALS = /\/\/[^/]*@/;

export class FaultList {
  readonly #faults: ConfigFault[] = [];

  /** Records that `value` was found where something else was expected. */
  add(path: string, expected: string, value: unknown): void {
    this.#faults.push(Object.freeze({ path, expected, value: shown(value) }));
  }

  /** The same where the value must not be told. */
  addWithoutValue(path: string, expected: string): void {
    this.#faults.push(Object.freeze({ path, expected }));
  }

  /** The same for what somebody else has found. */
  append({ path, expected, value }: ConfigFault): void {
    this.#faults.push(Object.freeze(value === undefined ? { path, expected } : { path, expected, value }));
  }

  /** @throws ConfigError EBUS_CONFIG_INVALID with every fault, in the order of their paths; nothing without faults. */
  throwIfAny(): void {
    if (this.#faults.length === 0) return;
    throw ConfigError.ofFaults(this.#faults.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)));
  }
}

/** A value in a few characters, for people. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return shownText(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${shortened(String(value))}n`;
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
    default:
      return String(value);
  }
}

function shownText(text: string): string {
  return URL_WITH_CREDENTIALS.test(text) ? 'a string with credentials' : JSON.stringify(shortened(text));
}

function shortened(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}
