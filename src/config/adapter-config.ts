// The specification's names for the adapters that come with this package. Each is listed from the day it works.
import { jetstream } from '../adapters/jetstream/root.ts';
import { log } from '../adapters/log/index.ts';
import { memory } from '../adapters/memory/index.ts';
import { net } from '../adapters/net/index.ts';
import { noop } from '../adapters/noop/index.ts';
import { redis } from '../adapters/redis/root.ts';

/** Configurations of the built-in adapters. Any object `{ kind, create() }` does as well: they have no privilege. */
// Marked, so that a bundler drops it where it is not used, and every adapter with it.
export const AdapterConfig = /* @__PURE__ */ Object.freeze({ noop, memory, log, redis, jetstream, net });
