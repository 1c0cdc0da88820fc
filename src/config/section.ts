// Reads the own properties of an options object, once each, into a map: what the caller does to the object later, or
// what stands on a prototype, changes nothing. Unknown keys are faults here.
import type { FaultList } from './fault-list.ts';
import { type NumberPath, RANGES } from './ranges.ts';

export class Section {
  readonly #values = new Map<string, unknown>();
  readonly #prefix: string;
  readonly #faults: FaultList;

  private constructor(prefix: string, faults: FaultList) {
    this.#prefix = prefix;
    this.#faults = faults;
  }

  /** The options in `value`, which has the path `path` ('' for the whole); a section without options when it is none. */
  static read(
    value: unknown,
    at: { path: string; known: readonly string[]; mark?: symbol },
    faults: FaultList,
  ): Section {
    const { path, known, mark } = at;
    const section = new Section(path === '' ? '' : `${path}.`, faults);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (value !== undefined || path === '') faults.add(path === '' ? 'options' : path, 'an object of options', value);
      return section;
    }
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'string' && known.includes(key)) section.#values.set(key, Reflect.get(value, key));
      else if (key !== mark) faults.addWithoutValue(`${section.#prefix}${String(key)}`, `one of ${known.join(', ')}`);
    }
    return section;
  }

  /** What was given, undefined when nothing was. */
  get(key: string): unknown {
    return this.#values.get(key);
  }

  /** A whole number within its range; the default when none was given; undefined after a fault. */
  wholeNumber<D>(key: string, fallback: D, orElse = ''): number | D | undefined {
    const path = `${this.#prefix}${key}`;
    const value = this.get(key);
    if (value === undefined) return fallback;
    const { min, max } = RANGES[path as NumberPath];
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value + 0;
    this.#faults.add(path, `a whole number from ${min} to ${max}${orElse}`, value);
    return undefined;
  }

  /** A number above 0 and up to 1; the default when none was given; undefined after a fault. */
  share(key: string, fallback: number): number | undefined {
    const value = this.get(key);
    if (value === undefined) return fallback;
    if (typeof value === 'number' && value > 0 && value <= 1) return value;
    this.#faults.add(`${this.#prefix}${key}`, 'a number above 0, at most 1', value);
    return undefined;
  }

  /** True or false; the default when neither was given; undefined after a fault. */
  flag(key: string, fallback: boolean): boolean | undefined {
    const value = this.get(key);
    if (value === undefined) return fallback;
    if (typeof value === 'boolean') return value;
    this.#faults.add(`${this.#prefix}${key}`, 'true or false', value);
    return undefined;
  }
}
