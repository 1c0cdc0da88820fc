// Values as JSON has them: copied in with a bound on their depth, and compared by type and content.
// Invariant: member names such as `__proto__` stay own properties, and only own properties are looked at.

/** A value that JSON can hold. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A frozen deep copy, or undefined for what JSON cannot hold or what is nested more than `depth` deep. */
export function copyJson(value: unknown, depth: number): JsonValue | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'object' || depth === 0) return undefined;
  if (Array.isArray(value)) return copyArray(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return undefined;
  return copyMembers(value as Record<string, unknown>, depth);
}

function copyArray(value: readonly unknown[], depth: number): JsonValue | undefined {
  const copy: JsonValue[] = [];
  for (const element of value) {
    const inner = copyJson(element, depth - 1);
    if (inner === undefined) return undefined;
    copy.push(inner);
  }
  return Object.freeze(copy);
}

function copyMembers(value: Record<string, unknown>, depth: number): JsonValue | undefined {
  const copy: Record<string, JsonValue> = {};
  for (const name of Object.keys(value)) {
    const inner = copyJson(value[name], depth - 1);
    if (inner === undefined) return undefined;
    Object.defineProperty(copy, name, { value: inner, enumerable: true });
  }
  return Object.freeze(copy);
}

/** Equal in type and content: numbers as doubles, arrays in order, members in any order. */
export function equalJson(expected: JsonValue, actual: unknown): boolean {
  if (expected === actual) return true;
  if (typeof expected !== 'object' || typeof actual !== 'object' || expected === null || actual === null) return false;
  if (isArray(expected)) return equalArrays(expected, actual);
  if (Array.isArray(actual)) return false;
  const names = Object.keys(expected);
  if (names.length !== Object.keys(actual).length) return false;
  for (const name of names) {
    if (!Object.hasOwn(actual, name)) return false;
    if (!equalJson(expected[name] as JsonValue, (actual as Record<string, unknown>)[name])) return false;
  }
  return true;
}

function equalArrays(expected: readonly JsonValue[], actual: object): boolean {
  if (!Array.isArray(actual) || actual.length !== expected.length) return false;
  return expected.every((element, index) => equalJson(element, actual[index]));
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
