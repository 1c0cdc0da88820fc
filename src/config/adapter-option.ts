// The option `adapter`: any object `{ kind, create() }`. What comes with later versions is refused by its name.
// Invariant: nothing of the value but its kind is ever shown, since addresses hold passwords.
import type { AdapterFactory } from '../adapter/contract.ts';
import type { FaultList } from './fault-list.ts';

const LATER_KINDS: readonly unknown[] = ['net'];
const EXPECTED = "an adapter's configuration { kind, create() }, such as memory()";

/** A frozen configuration that creates what the given one creates; undefined after a fault. */
export function readAdapter(value: unknown, faults: FaultList): AdapterFactory | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    faults.addWithoutValue('adapter', EXPECTED);
    return undefined;
  }
  const kind: unknown = Reflect.get(value, 'kind');
  const create: unknown = Reflect.get(value, 'create');
  const hasKind = typeof kind === 'string' && kind !== '';
  if (hasKind && typeof create === 'function') {
    // Called on the given object, which may be an instance with private fields.
    return Object.freeze({ kind, create: () => Reflect.apply(create, value, []) });
  }
  if (LATER_KINDS.includes(kind)) {
    faults.add(
      'adapter.kind',
      "an adapter of this version ('noop', 'memory', 'log' or 'jetstream') or an object with create()",
      kind,
    );
  } else {
    if (!hasKind) faults.addWithoutValue('adapter.kind', `a name that is not empty: ${EXPECTED}`);
    if (typeof create !== 'function') faults.addWithoutValue('adapter.create', `a function: ${EXPECTED}`);
  }
  return undefined;
}
