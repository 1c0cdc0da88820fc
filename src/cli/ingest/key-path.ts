// Takes the routing key out of a line's JSON value, by a path as filters have them: member names joined by dots, and a
// decimal name also indexes an array. Invariant: it reaches exactly what a filter with this path compares.
import { JsonScanner } from './json-scanner.ts';
import { BACKSLASH, QUOTE } from './json-tokens.ts';

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

  /** The key of a value: a text as it is, a number or boolean as JSON writes it, undefined for anything else. */
  keyOf(value: unknown): string | undefined {
    let at = value;
    for (const [step, name] of this.#names.entries()) {
      if (typeof at !== 'object' || at === null) return undefined;
      if (Array.isArray(at) && this.#indexes[step] === false) return undefined;
      if (!Object.hasOwn(at, name)) return undefined;
      at = (at as Record<string, unknown>)[name];
    }
    return textOf(at);
  }
}

/** The same for the value that a scanner has found in the line it accepted last. */
export function scannedKey({ valueFrom, valueTo }: JsonScanner, bytes: Buffer): string | undefined {
  if (valueFrom < 0) return undefined;
  const simple = bytes[valueFrom] === QUOTE && !bytes.subarray(valueFrom, valueTo).includes(BACKSLASH);
  if (simple) return bytes.toString('utf8', valueFrom + 1, valueTo - 1);
  return textOf(JSON.parse(bytes.toString('utf8', valueFrom, valueTo)));
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
