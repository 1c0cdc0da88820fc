// What buses tell their operators: the messages of the channel of findings, by the bus.
import { subscribe } from 'node:diagnostics_channel';
import type { NetFigures } from '../../../src/adapters/net/net-figures.ts';
import type { FindingMessage } from '../../../src/bus/announcer.ts';
import type { EventBus } from '../../../src/index.ts';

export class Findings {
  #all: FindingMessage[] = [];

  constructor() {
    subscribe('meshbus:finding', (message) => this.#all.push(message as FindingMessage));
  }

  /** Those of a bus over a node, in order. */
  all(bus: Pick<EventBus, 'stats'>): readonly FindingMessage[] {
    const { nodeId } = bus.stats.adapter as unknown as NetFigures;
    return this.#all.filter(({ producer }) => producer === nodeId);
  }

  of(bus: Pick<EventBus, 'stats'>, kind: string): readonly FindingMessage[] {
    return this.all(bus).filter((each) => each.kind === kind);
  }

  clear(): void {
    this.#all = [];
  }
}
