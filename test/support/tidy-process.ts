// Code with the sources of the bus in a process of its own that must leave nothing behind: no stray error, no handle,
// and an end by itself within a second.
import { expect } from 'vitest';
import { runInOwnProcess } from './own-process.ts';

/** What the code prints, and `nothing left` as the last line when it has tidied up. It has `kindOf(promise)`. */
export async function tidyOutput(code: string): Promise<string> {
  const { code: exit, stderr, stdout } = await runInOwnProcess(program(code));
  expect([exit, stderr], stdout).toEqual([0, '']);
  return stdout;
}

/** Between a check for stray errors and one for what is left behind. */
function program(code: string): string {
  return `
  import { EventBus, jetstream, redis } from './src/index.ts';
  process.on('unhandledRejection', (reason) => { console.log('unhandled', reason); process.exit(99); });
  process.on('uncaughtException', (error) => { console.log('uncaught', error); process.exit(98); });
  const before = process.getActiveResourcesInfo().sort().join();
  const kindOf = (promise) => promise.then(() => 'resolved', (error) => error.kind);
  ${code}
  const left = () => process.getActiveResourcesInfo().sort().join();
  for (let turn = 0; turn < 100 && left() !== before; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  console.log(left() === before ? 'nothing left' : 'left: ' + left());
  setTimeout(() => { console.log('still alive'); process.exit(97); }, 1000).unref();`;
}
