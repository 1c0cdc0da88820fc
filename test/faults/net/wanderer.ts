// A consumer that reads page by page, each at another node than the last one, with the cursor it got there. Invariant: it
// keeps no state but the cursor, so whatever comes twice or is left out is the fault of the nodes.
import { setTimeout as delay } from 'node:timers/promises';
import type { MeshPlayer } from './mesh-player.ts';
import type { PolledPage } from './mesh-program.ts';

export class Wanderer {
  readonly ordering: 'sequence' | 'timestamp';
  readonly seen = new Set<string>();
  readonly twice: string[] = [];
  readonly gaps: object[] = [];
  /** Pages that it got, and attempts that ended with their node. */
  pages = 0;
  failures = 0;
  readonly #random: () => number;
  #cursor = 'earliest';
  #isStopped = false;

  constructor(ordering: 'sequence' | 'timestamp', random: () => number) {
    this.ordering = ordering;
    this.#random = random;
  }

  get cursorLength(): number {
    return this.#cursor.length;
  }

  /** Reads on until it is stopped. @throws Error when a node refuses to answer */
  async wander(players: readonly MeshPlayer[]): Promise<void> {
    while (!this.#isStopped) {
      await this.#step(players[Math.floor(this.#random() * players.length)] as MeshPlayer);
      await delay(this.#random() * 20); // The random moment is what is tried here.
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #step(player: MeshPlayer): Promise<void> {
    const limit = String(1 + Math.floor(this.#random() * 500));
    const asked = new URLSearchParams({ from: this.#cursor, limit, ordering: this.ordering });
    const page = await answer(`http://127.0.0.1:${player.pollPort}/?${asked}`);
    if (page === undefined) {
      this.failures += 1;
      return;
    }
    this.pages += 1;
    this.#cursor = page.cursor;
    this.gaps.push(...page.gaps);
    for (const text of page.texts) {
      if (this.seen.has(text)) this.twice.push(text);
      this.seen.add(text);
    }
  }
}

/** The page of a node; undefined when it was killed meanwhile. @throws Error when it refuses */
async function answer(url: string): Promise<PolledPage | undefined> {
  try {
    const response = await fetch(url);
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as PolledPage;
    throw new Error(text);
  } catch (error) {
    // What fetch says of connections that are refused or broken off.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
