// The option `adapter`: any object `{ kind, create() }`, whose own faults are told with all others.
// Invariant: nothing of the value but its kind is ever shown, since addresses hold passwords.
import type { AdapterFactory } from '../adapter/contract.ts';
import type { ConfigFault } from '../errors/config-error.ts';
import type { FaultList } from './fault-list.ts';

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
    if (addOwnFaults(value, faults)) return undefined;
    // Called on the given object, which may be an instance with private fields.
    return Object.freeze({ kind, create: () => Reflect.apply(create, value, []) });
  }
  if (!hasKind) faults.addWithoutValue('adapter.kind', `a name that is not empty: ${EXPECTED}`);
  if (typeof create !== 'function') faults.addWithoutValue('adapter.create', `a function: ${EXPECTED}`);
  return undefined;
}

/** What a configuration says of itself; true when it has faults. */
function addOwnFaults(factory: object, faults: FaultList): boolean {
  const check: unknown = Reflect.get(factory, 'check');
  const own: unknown = typeof check === 'function' ? Reflect.apply(check, factory, []) : [];
  if (!Array.isArray(own)) return false;
  for (const fault of own as readonly ConfigFault[]) faults.append(fault);
  return own.length > 0;
}
