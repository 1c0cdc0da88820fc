// `meshbus doctor` on a real Redis that keeps less than it acknowledges.
import { symlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { CliProcesses } from '../support/cli-process.ts';
import { RedisServer } from '../support/servers/redis-server.ts';

const cli = new CliProcesses();
// Installed, the command finds the client beside it.
beforeAll(() => symlinkSync(resolve('node_modules'), cli.path('node_modules')));

test('doctor tells of a server that may lose what it acknowledged', async () => {
  const weak = await RedisServer.start({ 'maxmemory-policy': 'allkeys-lru', maxmemory: '100mb' });
  try {
    await cli.run(['ingest', '--to', weak.url], '{"n":1}\n');
    const { code, stdout } = await cli.run(['doctor', weak.url]);
    expect(code).toBe(1);
    expect(stdout.toString()).toMatch(/fault: .*appendonly is no[\s\S]*fault: .*maxmemory-policy is allkeys-lru/);
    expect((await cli.run(['doctor', weak.url, '--repair'])).stderr).toContain('nothing that could be repaired');
  } finally {
    await weak.stop();
  }
});
