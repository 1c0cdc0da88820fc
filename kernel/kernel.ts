// What the host may call. An offer hashes, routes, stamps and stores what lies in the staging area, or changes nothing.
import { xxh64 } from './hash';
import { HAS_KEY, LAST_HASH, MAX_EVENT_BYTES, MAX_META_BYTES, NONE, STAGE, TOO_LARGE, UNROUTED } from './layout';
import { push } from './ring';
import { route } from './route';

export { adopt, observe } from './clock';
export { claim, commit, evict, headStamp } from './ring';
export { xxh64 } from './hash';

// @ts-ignore: decorator
@inline
function fits(payload: u32, meta: u32): bool {
  return payload <= load<u32>(MAX_EVENT_BYTES) && meta <= <u32>MAX_META_BYTES;
}

// @ts-ignore: decorator
@inline
function place(payload: u32, meta: u32, flags: u32, hash: u64): u32 {
  store<u64>(LAST_HASH, hash);
  const ring = route(hash);
  return ring == NONE ? UNROUTED : push(ring, payload, meta, flags, hash);
}

/** The hash is the key's if there is one, otherwise the payload's. */
export function offer(payload: u32, meta: u32, flags: u32): u32 {
  if (!fits(payload, meta)) return TOO_LARGE;
  const stage = load<u32>(STAGE);
  if (flags & HAS_KEY) {
    const key = <u32>load<u16>(stage - meta);
    if (key + 2 > meta) return TOO_LARGE;
    return place(payload, meta, flags, xxh64(stage - meta + 2, key));
  }
  return place(payload, meta, flags, xxh64(stage, payload));
}

/** The same with a hash that the caller has: as two halves, since a 64-bit argument would be a bigint. */
export function offerHashed(payload: u32, meta: u32, flags: u32, low: u32, high: u32): u32 {
  if (!fits(payload, meta)) return TOO_LARGE;
  return place(payload, meta, flags, (<u64>high << 32) | <u64>low);
}

/** Offers what is staged once more under the hash of the last offer, after the host has made room. */
export function offerAgain(payload: u32, meta: u32, flags: u32): u32 {
  if (!fits(payload, meta)) return TOO_LARGE;
  return place(payload, meta, flags, load<u64>(LAST_HASH));
}

/** Where the offer would go: the ring's index or UNROUTED. Leaves the hash for `offerAgain`. */
export function routeStaged(payload: u32, meta: u32, flags: u32): u32 {
  if (!fits(payload, meta)) return TOO_LARGE;
  const stage = load<u32>(STAGE);
  if (flags & HAS_KEY) {
    const key = <u32>load<u16>(stage - meta);
    if (key + 2 > meta) return TOO_LARGE;
    return routeHash(xxh64(stage - meta + 2, key));
  }
  return routeHash(xxh64(stage, payload));
}

export function routeHashed(low: u32, high: u32): u32 {
  return routeHash((<u64>high << 32) | <u64>low);
}

function routeHash(hash: u64): u32 {
  store<u64>(LAST_HASH, hash);
  const ring = route(hash);
  return ring == NONE ? UNROUTED : ring;
}
