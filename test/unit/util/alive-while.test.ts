// Work whose timers and sockets hold no process: it settles all the same, and the process ends then.
import { expect, test } from 'vitest';
import { runInOwnProcess } from '../../support/own-process.ts';

const work = (wrapped: string): string => `
  import { aliveWhile } from './src/util/alive-while.ts';
  const idle = (settle) => new Promise((resolve, reject) => setTimeout(() => settle(resolve, reject), 20).unref());
  const done = (what) => console.log(what);
  void aliveWhile; ${wrapped}`;

test('the process lives until the work has settled, and ends then', async () => {
  const [plain, held, failed] = await Promise.all([
    runInOwnProcess(work('void idle((resolve) => resolve("lost")).then(done);')),
    runInOwnProcess(work('void aliveWhile(() => idle((resolve) => resolve("kept"))).then(done);')),
    runInOwnProcess(work('void aliveWhile(() => idle((_, reject) => reject("told"))).catch(done);')),
  ]);
  expect([plain.stdout, held.stdout, failed.stdout]).toEqual(['', 'kept\n', 'told\n']);
  expect([plain.code, held.code, failed.code]).toEqual([0, 0, 0]);
});
