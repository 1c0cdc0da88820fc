// Adapters whose watch does not keep the contract: nothing they do throws at a subscription or ends the process.
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Finding } from '../../../src/adapter/finding.ts';
import { Poller } from '../../../src/consume/poller.ts';
import { Subscription } from '../../../src/consume/subscription.ts';
import { ManualEnvironment } from '../../../src/testing/manual-environment.ts';
import { SampleSource } from '../../support/sample-source.ts';
import { SampleStore } from '../../support/sample-store.ts';

function watchedBy(watch: unknown): { source: SampleSource; environment: ManualEnvironment; poller: Poller } {
  const environment = new ManualEnvironment();
  const store = Object.assign(new SampleStore(), { watch });
  const source = new SampleSource({ environment, store: store as SampleStore });
  return { source, environment, poller: new Poller(source) };
}

const fail = (): never => {
  throw new Error('no stop');
};

const BROKEN: readonly (readonly [string, unknown, RegExp])[] = [
  ['is async', async () => () => undefined, /gave no function/],
  ['is async and rejects', async () => fail(), /gave no function/],
  ['gives nothing', () => undefined, /gave no function/],
  ['gives a stop that throws', () => fail, /could not stop/],
  ['gives a stop that rejects', () => async () => fail(), /could not stop/],
];

test.each(BROKEN)(
  'every subscription ends when the watch %s, and a finding tells of it',
  async (_name, watch, told) => {
    const { source, environment, poller } = watchedBy(watch);
    const controller = new AbortController();
    const bySignal = new Subscription(poller, { signal: controller.signal }).next();
    const byClose = [1, 2, 3].map(() => new Subscription(poller).next());
    await environment.advance(50);
    controller.abort();
    expect(await bySignal).toMatchObject({ done: true });
    await source.close();
    for (const step of await Promise.all(byClose)) expect(step).toMatchObject({ done: true });
    await setImmediate();
    const findings = source.findings.filter(({ kind }: Finding) => kind === 'watch-failed');
    expect(findings[0]?.message).toMatch(told);
  },
);

test('a watch that gives no function is stopped once it tells how, and the subscription polls instead', async () => {
  let stopped = 0;
  const { source, environment, poller } = watchedBy(async () => () => {
    stopped += 1;
  });
  const step = new Subscription(poller).next();
  await environment.advance(50);
  expect([stopped, source.guard.canWatch]).toEqual([1, false]);
  source.store.add(0, 1000);
  await environment.advance(2000);
  expect(await step).toMatchObject({ done: false });
  await source.close();
});
