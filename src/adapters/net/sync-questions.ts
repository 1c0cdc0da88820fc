// What this node has asked its peers to make durable, and who waits for it. Invariant: of one link at most one question is
// without an answer; whoever asks meanwhile shares the next one, which is sent after all that was stored before.

/** The answer to one question: false when the link went down before it. */
export type Synced = Promise<boolean>;

interface Question {
  readonly token: number;
  readonly answered: Synced;
  readonly settle: (isDone: boolean) => void;
  next: Synced | undefined;
}

export class SyncQuestions {
  readonly #send: (link: number, token: number) => boolean;
  readonly #open = new Map<number, Question>();
  #lastToken = 0;

  /** @param send False when the link is not up. */
  constructor(send: (link: number, token: number) => boolean) {
    this.#send = send;
  }

  /** Asks the peer on a link. */
  ask(link: number): Synced {
    const open = this.#open.get(link);
    if (open === undefined) return this.#begin(link);
    open.next ??= open.answered.then((isDone) => isDone && this.ask(link));
    return open.next;
  }

  /** A peer has answered. */
  answered(link: number, token: number): void {
    if (this.#open.get(link)?.token === token) this.#end(link, true);
  }

  /** A link went down. */
  down(link: number): void {
    this.#end(link, false);
  }

  #begin(link: number): Synced {
    this.#lastToken += 1;
    const token = this.#lastToken;
    let settle: Question['settle'] = () => undefined;
    const answered = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    this.#open.set(link, { token, answered, settle, next: undefined });
    if (!this.#send(link, token)) this.#end(link, false);
    return answered;
  }

  #end(link: number, isDone: boolean): void {
    const question = this.#open.get(link);
    this.#open.delete(link);
    question?.settle(isDone);
  }
}
