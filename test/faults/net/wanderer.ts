// A consumer that reads page by page, each at another node than the last one, with the cursor it got there. Invariant: it
// keeps no state but the cursor, so whatever comes twice or is left out is the fault of the nodes.
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../../src/testing/index.ts';
import type { MeshPlayer } from './mesh-player.ts';
import type { PolledPage } from './mesh-program.ts';

/** A node may be frozen or busy for a while, and no longer. */
const ANSWER_MS = 20_000;

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
    const limit = String(1 + Math.floor(this.#random() * 1000));
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

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The page of a node; undefined when it was killed meanwhile. @throws Error when it refuses, or does not answer in time */
async function answer(url: string): Promise<PolledPage | undefined> {
  const answered = await within(ANSWER_MS, asked(url));
  if (answered === undefined) return undefined;
  if (answered.status === 200) return JSON.parse(answered.text) as PolledPage;
  throw new Error(answered.text);
}

/** On a connection of its own; undefined when that ends before the whole answer was there. */
function asked(url: string): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', () => resolve(undefined)); // It was killed while it answered.
    });
    request.on('error', () => resolve(undefined)); // It is down.
    request.on('close', () => resolve(undefined));
  });
}
