// The status line of `ingest` on a terminal: how far, how fast, how long still. Without a terminal it says nothing.
import type { Notices } from '../notices.ts';
import { clocked, counted, grouped, sized } from '../text.ts';
import type { IngestAccount } from './account.ts';

const EVERY_MS = 200;
const BAR = 20;

export interface ProgressOptions {
  readonly account: IngestAccount;
  readonly notices: Notices;
  /** Bytes of all inputs; undefined when one of them has no known end. */
  readonly totalBytes: number | undefined;
  readonly nowMs: () => number;
}

export class Progress {
  readonly #options: ProgressOptions;
  readonly #startMs: number;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startMs = options.nowMs();
    if (!options.notices.canShowStatus) return;
    this.#timer = setInterval(() => options.notices.status(this.line()), EVERY_MS);
    this.#timer.unref();
  }

  get seconds(): number {
    return Math.max(0.001, (this.#options.nowMs() - this.#startMs) / 1000);
  }

  line(): string {
    const { account, totalBytes } = this.#options;
    const { seconds } = this;
    const bytesPerSecond = account.bytes / seconds;
    const rates = `${counted(account.lines / seconds, 'line')}/s  ${sized(bytesPerSecond)}/s`;
    const bad = account.bad > 0 ? `  ${grouped(account.bad)} bad` : '';
    if (totalBytes === undefined || totalBytes === 0) return `${sized(account.bytes)}  ${rates}${bad}`;
    const share = Math.min(1, account.bytes / totalBytes);
    const filled = Math.round(share * BAR);
    const bar = `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}]`;
    const left = bytesPerSecond > 0 ? `  ${clocked((totalBytes - account.bytes) / bytesPerSecond)} left` : '';
    return `${bar} ${Math.floor(share * 100)} %  ${sized(account.bytes)}  ${rates}${left}${bad}`;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#options.notices.status('');
  }
}
