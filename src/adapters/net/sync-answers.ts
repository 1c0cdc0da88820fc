// Peers that ask for what this node has to be made durable, and their answers. Invariant: one flush at a time answers all who
// asked before it began; a flush that fails is tried again while they are linked; what one peer may ask at once is bounded.

/** What a peer may have asked without an answer. */
const MOST_ASKED = 64;
const RETRY_MS = 1000;

/** What the answers are made by. */
export interface SyncAnswersOutside {
  readonly flush: () => Promise<void>;
  readonly answer: (link: number, token: number) => void;
  readonly breach: (link: number, reason: string) => void;
  /** A flush has failed. */
  readonly failed: (cause: unknown) => void;
}

interface Question {
  readonly link: number;
  readonly token: number;
}

export class SyncAnswers {
  readonly #outside: SyncAnswersOutside;
  #waiting: Question[] = [];
  #isFlushing = false;
  #nowMs = 0;
  #retryAtMs = 0;

  constructor(outside: SyncAnswersOutside) {
    this.#outside = outside;
  }

  /** A peer asks. */
  ask(link: number, token: number): void {
    this.#waiting.push({ link, token });
    if (this.#waiting.filter((each) => each.link === link).length > MOST_ASKED) {
      this.forget(link);
      this.#outside.breach(link, `more than ${MOST_ASKED} syncs without an answer`);
    }
    this.#begin();
  }

  /** A link went down: nobody waits there. */
  forget(link: number): void {
    this.#waiting = this.#waiting.filter((each) => each.link !== link);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#begin();
  }

  #begin(): void {
    if (this.#isFlushing || this.#waiting.length === 0 || this.#nowMs < this.#retryAtMs) return;
    this.#isFlushing = true;
    const asked = new Set(this.#waiting);
    this.#outside.flush().then(
      () => this.#done(asked),
      (cause) => {
        this.#isFlushing = false;
        this.#retryAtMs = this.#nowMs + RETRY_MS;
        this.#outside.failed(cause);
      },
    );
  }

  #done(asked: ReadonlySet<Question>): void {
    this.#isFlushing = false;
    const answered = this.#waiting.filter((each) => asked.has(each));
    this.#waiting = this.#waiting.filter((each) => !asked.has(each));
    for (const { link, token } of answered) this.#outside.answer(link, token);
    this.#begin();
  }
}
