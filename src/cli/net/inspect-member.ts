// What `meshbus doctor net://...` sees in the figures of a member. Invariant: they come from another machine: what is not
// what it should be is left out, and nothing is printed that was not made printable.
import type { StoreFault } from '../../adapter/store-fault.ts';
import { ASKER, askedFigures } from '../../adapters/net/link/asked-figures.ts';
import { counted } from '../text.ts';
import type { Member } from './net-url.ts';
import { countsText, listOf, textOf } from './peers-text.ts';

/** A peer that lacks so many events is worth a word. */
const FAR_BEHIND = 100_000;

/** What is wrong with the links of a member. @throws AdapterError when it is not reached */
export async function inspectMember(
  { address, settings }: Member,
  signal: AbortSignal,
): Promise<readonly StoreFault[]> {
  return memberFaults(await askedFigures(settings, address, signal), settings.credentials.kind === 'insecure');
}

/** What figures of a member say. */
export function memberFaults(figures: Readonly<Record<string, unknown>>, isInsecure: boolean): StoreFault[] {
  const faults: StoreFault[] = [];
  const add = (weight: StoreFault['weight'], what: string, remedy: string): void => {
    faults.push({ weight, what, remedy });
  };
  if (isInsecure) add('fault', 'the mesh runs without encryption or proof', 'give every node a psk or certificates');
  const links = listOf(figures.links).filter(({ nodeId }) => !textOf(nodeId).startsWith(ASKER));
  if (links.length === 0) add('note', 'the member is linked with nobody', 'see whom it dials, and who dials it');
  for (const dial of listOf(figures.dials)) {
    if (dial.linked === true || dial.lastError === undefined) continue;
    const what = `the member cannot reach ${textOf(dial.address)}: ${textOf(dial.lastError)}`;
    add('fault', what, 'start that node, mend its address, or take it out of the peers');
  }
  for (const { nodeId, address, lagEvents } of links) {
    if (typeof lagEvents !== 'number' || lagEvents < FAR_BEHIND) continue;
    const what = `${textOf(nodeId)} at ${textOf(address)} is ${counted(lagEvents, 'event')} behind`;
    add('note', what, 'look at its load and at the network between the two, if that stays so');
  }
  const refused = countsText(figures.refused);
  if (refused !== '0') add('note', `refused since its start: ${refused}`, 'see the findings of the member, net-*');
  return faults;
}
