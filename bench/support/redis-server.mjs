// A redis-server of its own for a benchmark: everything in memory, on a free port, ended afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';

/** Calls with the port and the process id of a server that is ready. */
export async function withRedisServer(use) {
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-bench-redis-'));
  const port = await freePort();
  const args = ['--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder, '--bind', '127.0.0.1'];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  try {
    await once(server, 'spawn');
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    client.on('error', () => undefined); // It comes up in a moment; connect goes on trying.
    await client.connect();
    client.destroy();
    return await use(port, server.pid);
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
