// Nodes of a mesh as far as the links: what the tests of this folder begin with. Own loopback ports only.
import { randomBytes } from 'node:crypto';
import type { Finding } from '../../../src/adapter/finding.ts';
import { type Address, tryAddress } from '../../../src/adapters/net/link/address.ts';
import { Credentials } from '../../../src/adapters/net/link/credentials.ts';
import { LINK_DEFAULTS, type LinkSettings } from '../../../src/adapters/net/link/link-settings.ts';
import { MeshLinks } from '../../../src/adapters/net/link/mesh-links.ts';
import type { PeerLink, PeerLinkListener } from '../../../src/adapters/net/peer-link.ts';
import { systemEnvironment } from '../../../src/util/environment.ts';

export const KEY = randomBytes(32);
export const LOOPBACK: Address = { host: '127.0.0.1', port: 0 };

/** A node that writes down what it hears. */
export class LinkNode implements PeerLinkListener {
  readonly links: MeshLinks;
  readonly up: PeerLink[] = [];
  readonly downs: string[] = [];
  readonly heard: string[] = [];
  readonly findings: Finding[] = [];
  heardBytes = 0;
  writables = 0;
  /** Whether messages are worked off at once. */
  releases = true;

  constructor(nodeId: string, settings: Partial<LinkSettings> = {}) {
    const all = { ...LINK_DEFAULTS, credentials: keyed(KEY), reconnectBaseMs: 10, ...settings };
    this.links = new MeshLinks(
      all,
      { nodeId, receives: true, durable: false },
      {
        environment: systemEnvironment(),
        report: (finding) => this.findings.push(finding),
        replication: this,
      },
    );
  }

  /** The first link; there must be one. */
  get link(): PeerLink {
    const [link] = this.up;
    if (link === undefined) throw new Error('no link is up');
    return link;
  }

  get address(): Address {
    return addressOf(this.links.listening[0] as string);
  }

  say(text: string): void {
    this.link.send(Buffer.from(`\x10${text}`));
  }

  onUp(link: PeerLink): void {
    if (this.up.some((each) => each.peer.nodeId === link.peer.nodeId)) throw new Error('two links to one node');
    this.up.push(link);
  }

  onMessage(link: PeerLink, message: Uint8Array): void {
    if (!this.up.includes(link)) throw new Error('a message of a link that is not up');
    this.heardBytes += message.length;
    if (message.length < 1000) this.heard.push(Buffer.from(message.subarray(1)).toString());
    if (this.releases) link.release(message.length);
  }

  onWritable(_link: PeerLink): void {
    this.writables += 1;
  }

  onDown(link: PeerLink, reason: string): void {
    if (!this.up.includes(link)) throw new Error('a link went down that was not up');
    this.up.splice(this.up.indexOf(link), 1);
    this.downs.push(reason);
  }
}

export function keyed(key: Uint8Array, id = 'default'): Credentials {
  return Credentials.ofKeys([[id, key]]);
}

export function addressOf(text: string): Address {
  return tryAddress(text) as Address;
}

const nodes: LinkNode[] = [];

/** A node that listens on loopback, or dials only. It is closed with `closeAll`. */
export async function started(nodeId: string, settings: Partial<LinkSettings> = {}): Promise<LinkNode> {
  const node = new LinkNode(nodeId, { listen: [LOOPBACK], ...settings });
  nodes.push(node);
  await node.links.start();
  return node;
}

export async function closeAll(): Promise<void> {
  await Promise.all(nodes.splice(0).map((node) => node.links.close()));
}
