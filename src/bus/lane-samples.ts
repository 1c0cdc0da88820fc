// What scaling reads of the lanes: their counters at this moment. Nothing is kept here.
import type { Kernel } from '../kernel/kernel.ts';
import type { LoadSource, ShardSample } from '../scaling/shard-sample.ts';
import type { Account } from '../shard/account.ts';
import type { LaneTable } from '../shard/lane-table.ts';
import type { Environment } from '../util/environment.ts';
import { stateOf } from './stats.ts';

export interface LaneSamplesOptions {
  readonly kernel: Kernel;
  readonly lanes: LaneTable;
  readonly account: Account;
  readonly environment: Environment;
  /** Whether events that find a ring full are refused: not in DropOldest, and in Block they come in later. */
  readonly refuses: boolean;
}

export class LaneSamples implements LoadSource {
  readonly #options: LaneSamplesOptions;

  constructor(options: LaneSamplesOptions) {
    this.#options = options;
  }

  sample(): readonly ShardSample[] {
    const { account, environment, kernel, lanes, refuses } = this.#options;
    const nowMs = environment.monotonicMs();
    return lanes.lanes.map((lane) => {
      lane.settleEvictions(account);
      const { ends, fill, foundFull, load, ring, shard } = lane;
      const { batches, failures, fillSum, waitMs } = load;
      return {
        shard,
        state: lane.isDraining ? 'draining' : stateOf(lane),
        fill,
        peakFill: Math.max(fill, load.takePeak()),
        ingested: kernel.accepted(ring),
        dispatched: ends.dispatched,
        // Those that Sample lets in evict one or more: a few may be missed, none is counted that was let in.
        refused: refuses ? Math.max(0, foundFull - ends.evicted) : 0,
        evicted: ends.evicted,
        failures,
        batches,
        fillSum,
        waitMs,
        busyMs: load.busyMs(nowMs),
      };
    });
  }
}
