// `meshbus peers`: what a running member of a mesh tells of its links.
import { askedFigures } from '../../adapters/net/link/asked-figures.ts';
import type { Command, CommandInput } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { stopCode } from '../host.ts';
import { LineOutput } from '../line-output.ts';
import { oneUrl } from '../stats/stats-command.ts';
import { memberOf } from './net-url.ts';
import { peersText } from './peers-text.ts';

export const peersCommand: Command = {
  name: 'peers',
  summary: 'tell with whom a member of a mesh is linked',
  synopsis: 'net://HOST:PORT [--json]',
  about: [
    'Joins the mesh for a moment as a node that receives nothing, asks the member at the address, and prints its ' +
      'links: round-trip times, bytes, how far each peer is behind, and whom it cannot reach.',
    'The key of the mesh comes from MESHBUS_PSK_FILE or MESHBUS_PSK (its id from MESHBUS_PSK_ID), certificates from ' +
      'MESHBUS_TLS_CERT_FILE, MESHBUS_TLS_KEY_FILE and MESHBUS_TLS_CA_FILE, the name of the mesh from MESHBUS_MESH.',
  ],
  options: { json: { type: 'boolean', help: 'print what the member tells as JSON' } },
  examples: [
    { line: 'MESHBUS_PSK_FILE=/etc/mesh.key meshbus peers net://10.0.0.2:7777', about: 'who is there?' },
    { line: 'meshbus peers net://10.0.0.2:7777 --json | jq .links[].rttMs', about: 'for scripts' },
  ],
  run,
};

async function run({ host, options, positionals }: CommandInput): Promise<number> {
  const { url, address, settings } = memberOf(oneUrl(positionals, 'net://HOST:PORT'), host.env);
  try {
    const figures = await askedFigures(settings, address, host.stop);
    const text = options.flag('json') ? JSON.stringify(figures) : peersText(url, figures);
    await new LineOutput(host.stdout).write(`${text}\n`);
    return EXIT.ok;
  } catch (error) {
    if (host.stop.aborted) return stopCode(host.stop);
    throw error;
  }
}
