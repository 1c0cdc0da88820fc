// Things that go wrong at random moments, until the time is up and each kind was seen. Invariant: the same seed strikes in
// the same order.
import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '../../support/servers/tcp-proxy.ts';
import type { Broker } from './broker.ts';
import type { ChildProducer } from './child-producer.ts';

/** How often something happened. */
export interface Strikes {
  cuts: number;
  halfOpens: number;
  producerKills: number;
  serverKills: number;
  /** Replies that were lost: the server had stored what they tell of. */
  lostReplies: number;
  /** Repetitions of what was stored already, and not stored again. */
  skips: number;
}

export interface FireOptions {
  readonly broker: Broker;
  readonly proxy: TcpProxy;
  readonly child: ChildProducer;
  readonly random: () => number;
}

export class Fire {
  readonly #options: FireOptions;
  readonly #skips: { readonly seen: number };
  readonly #counts = { cuts: 0, halfOpens: 0, producerKills: 0, serverKills: 0 };

  constructor(options: FireOptions) {
    this.#options = options;
    this.#skips = options.proxy.counting(options.broker.skipped);
  }

  get strikes(): Strikes {
    return { ...this.#counts, lostReplies: this.#options.proxy.lostReplies, skips: this.#skips.seen };
  }

  async burn(forMs: number): Promise<void> {
    const end = performance.now() + forMs;
    while (performance.now() < end || Object.values(this.strikes).includes(0)) {
      await delay(this.#options.random() * 400); // The random moment is what is tried here.
      await this.#strike();
    }
  }

  async #strike(): Promise<void> {
    const { broker, child, proxy, random } = this.#options;
    const pick = random();
    if (pick < 0.25) {
      proxy.cut();
      this.#counts.cuts += 1;
    } else if (pick < 0.6) {
      void proxy.loseReply({ ...broker.loss, after: random() < 0.6 ? 'cut' : 'silence' });
    } else if (pick < 0.75) {
      proxy.halfOpen(true);
      await delay(random() * 300); // How long is what is tried here.
      proxy.halfOpen(false);
      this.#counts.halfOpens += 1;
    } else if (pick < 0.87) {
      await child.kill();
      child.start();
      this.#counts.producerKills += 1;
    } else {
      await broker.kill();
      await broker.restart();
      this.#counts.serverKills += 1;
    }
  }
}
