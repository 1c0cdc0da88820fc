// What a node shows of itself: its links, and how far each peer is behind. Plain data for stats, doctor and people.
import type { LinkFigures, MeshLinkFigures } from './link/link-figures.ts';
import type { MeshNode } from './mesh-node.ts';

/** One link, and what its peer lacks. */
export interface PeerFigures extends LinkFigures {
  /** Whether what the peer has survives the end of its process. */
  readonly durable: boolean;
  /** Events that this node has and the peer has not told of; 0 for one that receives nothing. */
  readonly lagEvents: number;
  /** The same in bytes of records, reckoned by the mean of this node. */
  readonly lagBytes: number;
}

/** A node. */
export interface NetFigures extends Omit<MeshLinkFigures, 'links'> {
  readonly links: readonly PeerFigures[];
  /** Streams that the node knows. */
  readonly streams: number;
  /** Events that were stored since the start, those of other nodes among them. */
  readonly eventsStored: number;
}

export function netFigures(links: MeshLinkFigures, node: MeshNode): NetFigures {
  const byNode = new Map(node.links.map((link) => [link.peer.nodeId, link]));
  return {
    ...links,
    streams: node.streamCount,
    eventsStored: node.eventsStored,
    links: links.links.map((figures) => {
      const link = byNode.get(figures.nodeId);
      const lagEvents = link === undefined ? 0 : node.replication.lagOf(link.id);
      const lagBytes = Math.round(lagEvents * node.meanRecordBytes);
      return { ...figures, durable: link?.peer.durable === true, lagEvents, lagBytes };
    }),
  };
}
