// Takes the routing key out of a line's JSON value, by a path as filters have them: member names joined by dots, and a
// decimal name also indexes an array. Invariant: it reaches exactly what a filter with this path compares.
import { JsonScanner } from '../json-scanner.ts';

const INDEX = /^(?:0|[1-9][0-9]*)$/;

export class KeyPath {
  readonly #names: readonly string[];
  readonly #indexes: readonly boolean[];

  constructor(path: string) {
    this.#names = path.split('.');
    this.#indexes = this.#names.map((name) => INDEX.test(name));
  }

  /** A scanner that finds the value; undefined for a path that may lead through an array. */
  scanner(): JsonScanner | undefined {
    return this.#indexes.includes(true) ? undefined : new JsonScanner(this.#names);
  }

  /** The key of a value: a text as it is, a number or boolean as JavaScript writes it, undefined for anything else. */
  keyOf(value: unknown): string | undefined {
    let at = value;
    for (const [step, name] of this.#names.entries()) {
      if (typeof at !== 'object' || at === null) return undefined;
      if (Array.isArray(at) && this.#indexes[step] === false) return undefined;
      if (!Object.hasOwn(at, name)) return undefined;
      at = (at as Record<string, unknown>)[name];
    }
    return keyText(at);
  }
}

/** A value as a key. */
export function keyText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
