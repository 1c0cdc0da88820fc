// What a bus reports beside its calls, as notices on stderr. Hop before: the diagnostics channel of the bus.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FindingMessage } from '../bus/announcer.ts';
import type { Notices } from './notices.ts';
import { printable } from './text.ts';

const CHANNEL = 'meshbus:finding';
/** Kinds that nobody needs to be told: the everyday of a mesh. */
export const EVERYDAY = new Set(['net-up']);

/** Says every finding from now on; returns how to stop. */
export function sayFindings(notices: Notices): () => void {
  const onMessage = (message: unknown): void => {
    const { kind, message: text } = message as FindingMessage;
    if (!EVERYDAY.has(kind)) notices.say(`meshbus: ${kind}: ${printable(text, 1000)}`);
  };
  subscribe(CHANNEL, onMessage);
  return () => {
    unsubscribe(CHANNEL, onMessage);
  };
}
