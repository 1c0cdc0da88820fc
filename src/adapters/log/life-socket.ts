// A socket that answers while its process lives: the system closes it with the process, however that ends. It is a file,
// so that processes of other containers on the machine find it as well. Invariant: it carries no data.
import { mkdtemp, rm, symlink, unlink } from 'node:fs/promises';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf } from './file-system.ts';

/** What the system takes as the path of a socket. */
const LONGEST_PATH_BYTES = 100;

/** A socket that answers until it is closed. */
export interface LifeSocket {
  close(): Promise<void>;
}

/** Begins to answer; undefined where the file system knows no sockets. */
export async function answerAt(path: string): Promise<LifeSocket | undefined> {
  const { createServer } = await import('node:net'); // Not before a log is opened: most programs have none.
  const server = createServer((socket) => socket.destroy());
  try {
    await withShortPath(path, (short) => listen(server, short));
  } catch {
    return undefined; // The caller shows that it lives by other means.
  }
  server.unref();
  server.on('error', () => undefined); // A connection that could not be accepted has had its answer.
  return {
    close: async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (process.platform !== 'win32') await unlink(path).catch(() => undefined); // The server may have removed it.
    },
  };
}

/** Whether someone answers there. Undefined when there is no socket. */
export async function isAnswered(path: string): Promise<boolean | undefined> {
  try {
    await withShortPath(path, knock);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ECONNREFUSED') return false;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EAGAIN') return true; // It is there, and not for us, or busy.
    return undefined;
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Exclusive: a worker of a cluster would listen in its parent otherwise, which outlives it.
    server.listen({ path, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function knock(path: string): Promise<void> {
  const { connect } = await import('node:net');
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** Runs `use` with a path that the system takes: through a link for as long as it runs when the path is too long. */
async function withShortPath(path: string, use: (short: string) => Promise<void>): Promise<void> {
  if (process.platform === 'win32' || Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return use(path);
  const folder = await mkdtemp(join(tmpdir(), 'mb-'));
  try {
    const link = join(folder, 'd');
    await symlink(dirname(path), link);
    await use(join(link, path.slice(dirname(path).length + 1)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
