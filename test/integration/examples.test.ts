// The examples do what they say.
import { expect, test } from 'vitest';
import { Examples } from '../support/example-process.ts';
import { seedOf } from '../support/seed.ts';

const examples = new Examples();

test('a file of tokens goes through a bus and comes back by session', async () => {
  const { code, stdout, stderr } = await examples.run('token-stream.mjs');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('ingested 95, dispatched 95, dropped 0, rejected 0, bad lines 0');
});

test('a client that is cut off at random reads a token stream over two instances of the mesh, each token once', async () => {
  const MESHBUS_SEED = `${seedOf('mesh-sse')}`;
  const { code, stdout, stderr } = await examples.run('mesh-sse/run.mjs', { MESHBUS_SEED });
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
  expect(stdout).toContain(`seed ${MESHBUS_SEED} `);
  expect(stdout).toContain('ok: every text is whole, each token once');
  const sessions = [
    ...stdout.matchAll(/(\d+) events, (\d+) of them not from .*; (\d+) cuts; .* ids of (\d+) bytes; ok/g),
  ];
  expect(sessions).toHaveLength(4);
  const sum = (nth: number): number => sessions.reduce((total, found) => total + Number(found[nth]), 0);
  expect(sum(1)).toBe(95);
  expect(sum(2)).toBeGreaterThan(0);
  for (const [, , , cuts, idBytes] of sessions) {
    expect(Number(cuts)).toBeGreaterThan(0);
    expect(Number(idBytes)).toBeLessThan(200);
  }
});
