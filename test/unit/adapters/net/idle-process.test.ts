// What a node of a mesh does to its process: links, dials and listeners let it end, a flush that waits for a peer does not.
import { expect, test } from 'vitest';
import { within } from '../../../../src/testing/index.ts';
import { runInOwnProcess } from '../../../support/own-process.ts';

const PAIR = `
  import { EventBus, net } from './src/index.ts';
  const psk = 'k'.repeat(32);
  const a = await EventBus.create({ adapter: net({ listen: 0, peers: '127.0.0.1:1', psk, silenceMs: 3000 }) });
  const [address] = (a.stats.adapter as { listening: string[] }).listening;
`;

test('F3 idle nodes, linked or dialling in vain, let their process end', async () => {
  const code = `${PAIR}
    const b = await EventBus.create({ adapter: net({ peers: address, psk, joinTimeoutMs: 9000 }) });
    b.ingest({ n: 1 });
    await b.flush();
    console.log('linked', (b.stats.adapter as { links: unknown[] }).links.length);
  `;
  const end = await within(20_000, runInOwnProcess(code));
  expect(end).toEqual({ code: 0, stdout: 'linked 1\n', stderr: '' });
});

test('F3 a flush that waits for other nodes keeps its process until it is settled', async () => {
  const code = `${PAIR}
    const adapter = net({ peers: address, psk, confirm: 2, silenceMs: 3000 });
    const b = await EventBus.create({ adapter, shards: 1, shutdownTimeoutMs: 500 });
    b.ingest({ n: 1 });
    const signal = AbortSignal.timeout(1000);
    await b.flush({ signal }).catch((error) => console.log('told', error.name));
    await b.shutdown().catch((error) => console.log('ended', error.name));
  `;
  const end = await within(20_000, runInOwnProcess(code));
  expect(end).toEqual({ code: 0, stdout: expect.stringMatching(/^told TimeoutError\n/), stderr: '' });
});
