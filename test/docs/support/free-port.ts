// Examples of the mesh listen on port 7777; where tests run side by side, each gets a port of its own.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** The example with a port that is free now. */
export async function withFreePort(code: string): Promise<string> {
  if (!code.includes('7777')) return code;
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return code.replaceAll('7777', String(port));
}
