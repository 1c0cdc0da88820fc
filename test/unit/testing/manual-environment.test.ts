// A clock that the test moves.
import { expect, test } from 'vitest';
import { ManualEnvironment } from '../../../src/testing/index.ts';

test('runs timers in the order of their times, each at its own time', async () => {
  const environment = new ManualEnvironment({ wallMs: 1000 });
  const rang: [string, number, number][] = [];
  const ring = (name: string) => (): void => {
    rang.push([name, environment.monotonicMs(), environment.wallMs()]);
  };
  environment.after(30, ring('c'));
  environment.after(10, ring('a'));
  environment.after(10, ring('b'));
  environment.after(31, ring('late'));
  await environment.advance(30);
  expect(rang).toEqual([
    ['a', 10, 1010],
    ['b', 10, 1010],
    ['c', 30, 1030],
  ]);
  expect(environment.waiting).toBe(1);
});

test('a timer that a timer makes runs within the same advance, and a cancelled one never', async () => {
  const environment = new ManualEnvironment();
  let count = 0;
  const again = (): void => {
    count += 1;
    environment.after(10, again);
  };
  environment.after(10, again);
  environment.after(5, () => never.cancel());
  const never = environment.after(6, () => expect.unreachable());
  await environment.advance(100);
  expect(count).toBe(10);
});

test('lets promises settle between timers', async () => {
  const environment = new ManualEnvironment();
  const log: string[] = [];
  environment.after(1, async () => {
    for (let nth = 0; nth < 5; nth += 1) await undefined;
    log.push('promises of the first');
  });
  environment.after(2, () => log.push('second'));
  await environment.advance(2);
  expect(log).toEqual(['promises of the first', 'second']);
});

test('runs what soon asked for in the next turn, and what it asks for then in the one after', async () => {
  const environment = new ManualEnvironment();
  const log: string[] = [];
  environment.soon(() => {
    log.push('first');
    taken.cancel();
    environment.soon(() => log.push('second'));
  });
  const taken = environment.soon(() => log.push('taken back'));
  expect(log).toEqual([]);
  await environment.turn();
  expect(log).toEqual(['first']);
  await environment.turn();
  expect(log).toEqual(['first', 'second']);
});

test('the wall clock steps back while timers and the other clock go on', async () => {
  const environment = new ManualEnvironment({ wallMs: 5000 });
  environment.setWallMs(1000);
  await environment.advance(10);
  expect([environment.wallMs(), environment.monotonicMs()]).toEqual([1010, 10]);
});

test('until moves on to a condition, or says that it never held', async () => {
  const environment = new ManualEnvironment();
  let held = false;
  environment.after(50, () => {
    held = true;
  });
  await environment.until(() => held);
  expect(environment.monotonicMs()).toBe(50);
  await expect(environment.until(() => false, 20)).rejects.toThrow('did not hold within 20 ms');
});

test('chance repeats with the seed', () => {
  const numbers = (seed: number): number[] => Array.from({ length: 5 }, new ManualEnvironment({ seed }).random);
  expect(numbers(3)).toEqual(numbers(3));
  expect(numbers(3)).not.toEqual(numbers(4));
  expect(numbers(3).every((each) => each >= 0 && each < 1)).toBe(true);
});
