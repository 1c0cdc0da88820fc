// A nats-server of its own for a benchmark, with JetStream in a folder that goes with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Starts it; `stop` ends it and removes its folder. */
export async function startNatsServer() {
  const folder = mkdtempSync(join(tmpdir(), 'meshbus-bench-nats-'));
  const port = await freePort();
  const config = join(folder, 'nats.conf');
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(join(folder, 'data'))} }\n`,
  );
  const child = spawn('nats-server', ['-c', config], { stdio: 'ignore' });
  let failure;
  child.once('error', (error) => {
    failure = error;
  });
  for (let tries = 0; failure === undefined && tries < 200 && !(await greets(port)); tries += 1) await delay(50);
  if (failure !== undefined) throw new Error('nats-server is not installed', { cause: failure });
  return {
    url: `nats://127.0.0.1:${port}`,
    pid: child.pid,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function greets(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const settle = (greeted) => {
      socket.destroy();
      resolve(greeted);
    };
    socket.once('data', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
