import { test } from 'vitest';
import { appendFileSync } from 'node:fs';
import { NatsCluster } from '../support/servers/nats-cluster.ts';
import { EventBus } from '../../src/index.ts';
import { jetstream } from '../../src/adapters/jetstream/index.ts';
const t0 = performance.now();
const log = (...a: unknown[]) => { const text = a.map((x) => typeof x === 'string' ? x : JSON.stringify(x)).join(' '); appendFileSync('/tmp/js/log', `${((performance.now() - t0) / 1000).toFixed(2)} ${text}\n`); };
const ROUNDS = Number(process.env.ROUNDS ?? 4);
test('explore', async () => {
  const cluster = await NatsCluster.start();
  log('up');
  for (let round = 0; round < ROUNDS; round += 1) {
    const packing = round % 2 === 0 ? 'event' : 'batch';
    const prefix = `p${round}`;
    const bus = await EventBus.create({ adapter: jetstream(cluster.urls, { prefix, replicas: 3, packing }), shards: 1, backpressure: 'block', ringCapacity: 2000, batch: { maxEvents: 200 }, adapterTimeoutMs: 2000, retry: { maxDelayMs: 100 } });
    let n = 0; let stop = false; let covered = 0;
    const errors = new Map<string, number>();
    const run = (async () => {
      while (!stop) {
        for (let i = 0; i < 100; i += 1, n += 1) await bus.ingestRaw(String(n));
        for (;;) { try { await bus.flush(); covered = n; break; } catch (e) { errors.set(String(e), (errors.get(String(e)) ?? 0) + 1); } }
      }
    })();
    while (covered < 1000) await new Promise((r) => setTimeout(r, 10));
    const leader = await cluster.leaderOf(prefix);
    const at = covered;
    const k = performance.now();
    await leader.kill();
    while (covered < at + 1000) await new Promise((r) => setTimeout(r, 10));
    log(packing, 'fail-over took', Math.round(performance.now() - k), [...errors]);
    await leader.up();
    const at2 = covered;
    while (covered < at2 + 1000) await new Promise((r) => setTimeout(r, 10));
    stop = true; await run;
    const k2 = performance.now();
    const texts: string[] = []; const gaps: unknown[] = [];
    for (let from: string | undefined, more = true; more; ) {
      try {
      const page = await bus.poll({ limit: 1000, from });
      if (page.failedShards.length) log(page.failedShards.map((x) => String(x.error)));
      texts.push(...page.events.map((e) => e.text())); gaps.push(...page.gaps); from = page.cursor; more = page.hasMore;
      } catch (e) { log('poll', String(e), String((e as Error).cause)); }
    }
    const ok = texts.length === n && texts.every((t, i) => t === String(i));
    log(round, packing, 'n', n, 'got', texts.length, 'distinct', new Set(texts).size, 'ordered', ok, 'gaps', gaps, 'poll', Math.round(performance.now() - k2), await bus.shutdown());
  }
  await cluster.dispose();
}, 100_000);
