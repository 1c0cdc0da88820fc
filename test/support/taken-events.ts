// What an adapter was given, event by event.
import type { EventView } from '../../src/adapter/contract.ts';
import type { HeldAdapter } from './held-adapter.ts';

/** Every event that was offered to the adapter, in order. */
export function takenEvents(adapter: HeldAdapter): EventView[] {
  return adapter.calls.flatMap(({ batch }) => [...batch]);
}

/** Their payloads as text. */
export function takenTexts(adapter: HeldAdapter): string[] {
  return takenEvents(adapter).map((event) => Buffer.from(event.bytes).toString());
}
