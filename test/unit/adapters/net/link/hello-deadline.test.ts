// Who has got through TLS and says nothing: the deadline of the hello does not depend on how often peers are pinged.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Credentials } from '../../../../../src/adapters/net/link/credentials.ts';
import { within } from '../../../../../src/testing/index.ts';
import { closeAll, started } from '../../../../support/net/link-node.ts';

afterEach(closeAll);

test('a stranger that says no hello is thrown out in time, also by a node that pings once a minute', async () => {
  const rare = { pingMs: 60_000, silenceMs: 180_000, handshakeTimeoutMs: 200 };
  const node = await started('a', { ...rare, credentials: Credentials.insecure() });
  const stranger = connect(node.address).resume();
  await within(5000, once(stranger, 'close'));
  expect(node.links.figures().ended).toEqual({ late: 1 });
  await within(5000, () => node.links.figures().handshakes === 0);
});
