// Which ring a hash belongs to: 4,096 slots, each the index of a ring or NONE. The host writes the slots.
// The multiplication spreads hashes that a caller made himself, which may be small numbers.
import { ROUTES } from './layout';

const GOLDEN: u64 = 0x9e3779b97f4a7c15;

// @ts-ignore: decorator
@inline
export function route(hash: u64): u32 {
  return load<u16>(ROUTES + ((<u32>((hash * GOLDEN) >> 52)) << 1));
}
