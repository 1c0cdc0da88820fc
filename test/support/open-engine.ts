// A bus together with its engine, for tests that look at the account event by event.

import type { Engine } from '../../src/bus/engine.ts';
import { EventBus } from '../../src/bus/event-bus.ts';
import { startEngine } from '../../src/bus/start.ts';
import { resolveConfig } from '../../src/config/event-bus-config.ts';
import type { Backpressure, EventBusOptions } from '../../src/config/options.ts';
import type { Environment } from '../../src/util/environment.ts';

export interface OpenEngine {
  readonly bus: EventBus;
  readonly engine: Engine;
}

/** As EventBus.create, and shows the parts. */
export async function openEngine(
  options: EventBusOptions<Backpressure>,
  environment: Environment,
): Promise<OpenEngine> {
  const engine = await startEngine(resolveConfig(options), environment);
  return { engine, bus: Reflect.construct(EventBus, [engine]) as EventBus };
}
