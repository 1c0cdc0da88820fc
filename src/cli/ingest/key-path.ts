// Takes the routing key out of a line's JSON value, by a path as filters have them: member names joined by dots, and a
// decimal name also indexes an array. Invariant: it reaches exactly what a filter with this path compares.

const INDEX = /^(?:0|[1-9][0-9]*)$/;

/** The key of a value: a text as it is, a number or boolean as JSON writes it, undefined for anything else. */
export type KeyReader = (value: unknown) => string | undefined;

export function keyReader(path: string): KeyReader {
  const names = path.split('.');
  const indexes = names.map((name) => INDEX.test(name));
  return (value) => {
    let at = value;
    for (let step = 0; step < names.length; step += 1) {
      if (typeof at !== 'object' || at === null) return undefined;
      if (Array.isArray(at) && indexes[step] === false) return undefined;
      const name = names[step] as string;
      if (!Object.hasOwn(at, name)) return undefined;
      at = (at as Record<string, unknown>)[name];
    }
    if (typeof at === 'string') return at;
    return typeof at === 'number' || typeof at === 'boolean' ? String(at) : undefined;
  };
}
