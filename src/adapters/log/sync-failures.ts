// Syncs that failed, until a flush has told of them. Invariant: a flush that began before another one told of a failure
// tells of it, too; one that begins afterwards does not.
import type { AdapterError } from '../../errors/adapter-error.ts';

interface Failure {
  readonly error: AdapterError;
  /** The youngest flush that must still tell of it; undefined while none has. */
  through: number | undefined;
}

export class SyncFailures {
  #failures: Failure[] = [];
  #started = 0;
  readonly #running = new Set<number>();

  add(error: AdapterError): void {
    this.#failures.push({ error, through: undefined });
  }

  /** Begins a flush; the returned function ends it. @throws AdapterError the first failure that concerns it, at its end */
  begin(): () => void {
    this.#started += 1;
    const flush = this.#started;
    this.#running.add(flush);
    return () => {
      this.#running.delete(flush);
      const mine = this.#failures.filter((each) => each.through === undefined || flush <= each.through);
      for (const each of mine) each.through ??= this.#started;
      this.#forget();
      if (mine[0] !== undefined) throw mine[0].error;
    };
  }

  #forget(): void {
    const oldest = Math.min(...this.#running, this.#started + 1);
    this.#failures = this.#failures.filter((each) => each.through === undefined || each.through >= oldest);
  }
}
