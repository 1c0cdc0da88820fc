// What the replication keeps for one link that is up: who is there, what it was told, what it takes, what it has.
import type { Peer } from '../peer-link.ts';
import { Announcements } from './announcements.ts';
import type { Remote, Supply } from './supply.ts';
import { Takes, type TakesContext } from './takes.ts';

/** A stream that the peer has told of. */
export interface ToldStream {
  readonly supply: Supply;
  readonly remote: Remote;
}

export class PeerState {
  readonly link: number;
  readonly peer: Peer;
  readonly announcements = new Announcements();
  readonly takes: Takes;
  /** By the peer's number. */
  readonly told = new Map<number, ToldStream>();

  constructor(link: number, peer: Peer, context: TakesContext) {
    this.link = link;
    this.peer = peer;
    this.takes = new Takes(link, context);
  }
}
