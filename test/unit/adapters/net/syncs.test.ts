// Questions and answers about what is durable: bounded on both sides, and one flush serves all who asked before it.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { encodeMessage } from '../../../../src/adapters/net/protocol/messages.ts';
import { SyncAnswers } from '../../../../src/adapters/net/sync-answers.ts';
import { SyncQuestions } from '../../../../src/adapters/net/sync-questions.ts';
import { within } from '../../../../src/testing/index.ts';
import { HeldStore } from '../../../support/net/held-store.ts';
import { closeAll, keyed, addressOf as linkAddress, started } from '../../../support/net/link-node.ts';
import { addressOf, figuresOf, MESH_KEY, MeshBuses } from '../../../support/net/mesh-buses.ts';

const buses = new MeshBuses();
afterEach(async () => {
  await closeAll();
  await buses.close();
});

/** A flush that the test settles. */
class Held {
  resolve: () => void = () => undefined;
  reject: (cause: Error) => void = () => undefined;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** Answers over such flushes. */
function answersOver(flushes: Held[]): { answers: SyncAnswers; told: string[] } {
  const told: string[] = [];
  const answers = new SyncAnswers({
    flush: () => {
      const held = new Held();
      flushes.push(held);
      return held.promise;
    },
    answer: (link, token) => told.push(`${link}:${token}`),
    breach: (link) => told.push(`breach ${link}`),
    failed: () => told.push('failed'),
  });
  return { answers, told };
}

test('a member that asks without end while a flush takes long is cut off', async () => {
  const store = new HeldStore();
  const a = await buses.node({ listen: 0, store: store.factory }, { shards: 1 });
  const peers = [linkAddress(addressOf(a))];
  const liar = await started('liar', { listen: [], peers, credentials: keyed(Buffer.from(MESH_KEY)) });
  await within(5000, () => liar.up.length === 1);
  store.hold();
  const before = store.flushes;
  for (let token = 0; token < 1000; token += 1) liar.link.send(encodeMessage({ kind: 'sync', token }));
  await within(5000, () => figuresOf(a).ended.breach === 1);
  expect(store.flushes).toBe(before + 1);
  store.letGo();
});

test('who asks during a flush is answered by the next one', async () => {
  const flushes: Held[] = [];
  const { answers, told } = answersOver(flushes);
  answers.ask(1, 10);
  answers.ask(1, 11);
  answers.ask(2, 20);
  flushes[0]?.resolve();
  await turn();
  expect([told, flushes.length]).toEqual([['1:10'], 2]);
  answers.forget(2);
  flushes[1]?.resolve();
  await turn();
  expect([told, flushes.length]).toEqual([['1:10', '1:11'], 2]);
});

test('a flush that failed is tried again while somebody waits, and is not an answer', async () => {
  const flushes: Held[] = [];
  const { answers, told } = answersOver(flushes);
  answers.ask(1, 10);
  flushes[0]?.reject(new Error('the disk is full'));
  await turn();
  answers.tick(999);
  expect([told, flushes.length]).toEqual([['failed'], 1]);
  answers.tick(1000);
  flushes[1]?.resolve();
  await turn();
  expect([told, flushes.length]).toEqual([['failed', '1:10'], 2]);
});

test('of one link one question is open at a time: who asks meanwhile shares the next one', async () => {
  const sent: number[] = [];
  const questions = new SyncQuestions((_, token) => sent.push(token) > 0);
  const first = questions.ask(1);
  const rest = [questions.ask(1), questions.ask(1)];
  expect(sent).toEqual([1]);
  questions.answered(1, 7);
  questions.answered(1, 1);
  expect(await first).toBe(true);
  await turn();
  expect(sent).toEqual([1, 2]);
  questions.down(1);
  expect(await Promise.all(rest)).toEqual([false, false]);
  expect(await new SyncQuestions(() => false).ask(1)).toBe(false);
});
