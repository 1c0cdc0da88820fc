// From a configuration to a running engine. Invariant: when a step fails, everything that was opened is closed again.
import type { ResolvedOptions } from '../config/options.ts';
import { producerIdentity } from '../dispatch/producer.ts';
import type { Environment } from '../util/environment.ts';
import { Announcer } from './announcer.ts';
import { Engine } from './engine.ts';
import { watchProcess } from './exit-watch.ts';
import { ForeignStamps } from './foreign-stamps.ts';
import { closeAfterFailure, type OpenedStore, openStore } from './store-opening.ts';

export async function startEngine(config: ResolvedOptions, environment: Environment): Promise<Engine> {
  const { producer } = producerIdentity(config.producerNoncePath);
  const announcer = new Announcer(producer);
  const report = announcer.report.bind(announcer);
  const stamps = new ForeignStamps({ environment, maxClockDriftMs: config.maxClockDriftMs });
  const observe = stamps.observe.bind(stamps);
  const store = await openStore(config, { producer, environment, report, observe });
  watchProcess();
  try {
    const engine = new Engine({ config, store, producer, environment, announcer });
    startClock(engine, store);
    stamps.connect((timestampNs) => engine.kernel.calls.adopt(timestampNs));
    engine.scaler.start();
    return engine;
  } catch (error) {
    await closeAfterFailure(store.guard, config.adapterTimeoutMs, report);
    throw error;
  }
}

/** The clock starts above the newest stamp in the store, and says so when that lies ahead of the wall clock. */
function startClock(engine: Engine, { info }: OpenedStore): void {
  const wallMs = engine.environment.wallMs();
  engine.kernel.calls.observe(wallMs);
  if (info.lastTimestampNs === undefined) return;
  engine.kernel.calls.adopt(info.lastTimestampNs);
  const aheadMs = Number(info.lastTimestampNs / 1_000_000n) - wallMs;
  if (aheadMs <= 0) return;
  engine.report({
    kind: 'clock-ahead',
    message: `the newest stamp in the store is ${Math.ceil(aheadMs)} ms ahead of the wall clock; stamps go on above it`,
  });
}
