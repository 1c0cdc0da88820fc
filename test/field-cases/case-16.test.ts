// Field case 16: a wasm memory reserves gigabytes of address space, so programs fail on hosts that limit it.
import { expect, test } from 'vitest';
import { runInOwnProcess } from '../support/own-process.ts';

const OPEN = `
  import { EventBus, EventBusError, memory } from './src/index.ts';
  for (let nth = 0; nth < BUSES; nth += 1) {
    try {
      const bus = await EventBus.create({ adapter: memory() });
      bus.ingest({ nth });
      await bus.flush();
      console.log('works');
    } catch (error) {
      console.log(error instanceof EventBusError, error.code, error.message);
    }
  }
`;

const WORKS_OR_SAYS = /^(works|true EBUS_CONFIG_MEMORY .*address space.*ringBytes.*)$/;

test.each([
  [1, 2_097_152],
  [2, 16_777_216],
])('case 16 %i buses under ulimit -v %i work, or say address space and what lowers it', async (buses, kibibytes) => {
  const end = await runInOwnProcess(OPEN.replace('BUSES', `${buses}`), { before: `ulimit -v ${kibibytes}` });
  expect(end).toMatchObject({ code: 0, stderr: '' });
  const lines = end.stdout.trim().split('\n');
  expect(lines).toHaveLength(buses);
  for (const line of lines) expect(line).toMatch(WORKS_OR_SAYS);
});

test('case 16 the remedy that the error names works', async () => {
  const end = await runInOwnProcess(OPEN.replace('BUSES', '2'), {
    before: 'ulimit -v 2097152',
    nodeArguments: ['--disable-wasm-trap-handler'],
  });
  expect(end).toEqual({ code: 0, stderr: '', stdout: 'works\nworks\n' });
});

test('case 16 without WebAssembly there is one clear error at create, and none at import', async () => {
  const end = await runInOwnProcess(OPEN.replace('BUSES', '1'), { nodeArguments: ['--jitless'] });
  expect(end.code).toBe(0);
  expect(end.stdout).toMatch(/^true EBUS_CONFIG_RUNTIME .*WebAssembly.*--jitless/);
});

test('case 16 address space stays flat over 500 buses, one after the other', async () => {
  const end = await runInOwnProcess(`
    import { readFileSync } from 'node:fs';
    import { EventBus, memory } from './src/index.ts';
    const gibibytes = () => Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]) / 2 ** 20;
    let first = 0;
    let most = 0;
    for (let nth = 0; nth < 500; nth += 1) {
      const bus = await EventBus.create({ adapter: memory() });
      bus.ingest({ nth });
      await bus.shutdown();
      if (nth === 0) first = gibibytes();
      most = Math.max(most, gibibytes());
    }
    console.log(JSON.stringify({ grown: most - first }));
  `);
  expect(end).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(end.stdout).grown).toBeLessThan(1);
});
