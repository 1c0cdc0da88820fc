// A load balancer that sends each request to the next instance in turn, and cuts connections: after so many bytes of an
// answer as `nextCut` says, in the middle of an event or not, as networks do.
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';

/** Starts it on a free port; `ports` are those of the instances. */
export async function startProxy(ports, nextCut) {
  let turn = 0;
  const server = createServer((request, response) => {
    const { method, url: path, headers } = request;
    const port = ports[turn % ports.length];
    turn += 1;
    const forward = send({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers).flushHeaders();
      if (method === 'GET') passSome(answer, response, nextCut());
      else answer.pipe(response);
    });
    forward.on('error', () => response.destroy());
    response.on('close', () => forward.destroy());
    request.pipe(forward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** Passes `left` bytes of an answer, then cuts the connection. */
function passSome(answer, response, left) {
  answer.on('data', (chunk) => {
    const part = chunk.subarray(0, left);
    left -= part.length;
    response.write(part, () => left === 0 && response.destroy());
  });
  answer.on('end', () => response.end());
  answer.on('error', () => response.destroy());
}
