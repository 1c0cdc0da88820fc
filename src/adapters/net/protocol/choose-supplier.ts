// From whom a stream is taken: a pure decision. The origin when it is linked, otherwise whoever is taken from already,
// otherwise any peer that has more. One that is silent while another has more is left and avoided for a while.
import type { Remote, Supply } from './supply.ts';

/** A supplier that sends nothing for so long, while another has more, is left. */
export const SILENT_MS = 3000;
/** The same for one that has no more itself, as far as it told. */
const EMPTY_MS = 300;
/** How long everybody must lack what is expected before it is declared as gone: other links may come up. */
export const GAP_PATIENCE_MS = 2000;

export type Choice =
  | { readonly kind: 'stay' }
  | { readonly kind: 'take'; readonly from: Remote; readonly left: Remote | undefined }
  /** Nobody has what is expected: it is gone up to here, once it was so for a while. */
  | { readonly kind: 'gap'; readonly to: number };

const STAY: Choice = { kind: 'stay' };

export function chooseSupplier(supply: Supply, nowMs: number): Choice {
  const { expected } = supply;
  const remotes = [...supply.remotes.values()];
  const current = supply.supplier === undefined ? undefined : supply.remotes.get(supply.supplier);
  const more = remotes.filter(({ to }) => to > expected);
  if (more.length === 0) return subscribe(current, remotes);
  const havers = more.filter(({ from, lacks }) => Math.max(from, lacks) <= expected);
  if (havers.length === 0) {
    const to = Math.min(...more.map(({ from, lacks }) => Math.max(from, lacks)));
    const made = remotes.find(({ isOrigin }) => isOrigin)?.to ?? to;
    // Nobody has more of a stream than its origin: who says so while that is linked is wrong, or lies.
    return to > made ? STAY : { kind: 'gap', to };
  }
  const origin = havers.find((each) => each.isOrigin && each.avoidUntilMs <= nowMs);
  if (current !== undefined && isFine(supply, { current, havers }, nowMs)) {
    return origin === undefined || origin === current ? STAY : { kind: 'take', from: origin, left: undefined };
  }
  const others = havers.filter((each) => each !== current);
  const fresh = others.filter((each) => each.avoidUntilMs <= nowMs);
  const from = fresh.find((each) => each.isOrigin) ?? fullest(fresh) ?? fullest(others);
  // The only one that has more is stayed with, however slow it is.
  return from === undefined ? STAY : { kind: 'take', from, left: current };
}

/** Nobody has more: the origin is asked for what will come. */
function subscribe(current: Remote | undefined, remotes: readonly Remote[]): Choice {
  const origin = remotes.find((each) => each.isOrigin);
  if (current !== undefined || origin === undefined) return STAY;
  return { kind: 'take', from: origin, left: undefined };
}

function isFine(
  supply: Supply,
  { current, havers }: { readonly current: Remote; readonly havers: readonly Remote[] },
  nowMs: number,
): boolean {
  if (supply.pending > 0) return true;
  const quietMs = nowMs - Math.max(supply.progressAtMs, supply.wantingSinceMs ?? nowMs);
  const has = havers.includes(current) || current.isOrigin;
  if (current.lacks > supply.expected) return false;
  return quietMs < (has ? SILENT_MS : EMPTY_MS);
}

function fullest(remotes: readonly Remote[]): Remote | undefined {
  let best: Remote | undefined;
  for (const each of remotes) if (best === undefined || each.to > best.to) best = each;
  return best;
}
