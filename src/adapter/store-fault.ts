// What an inspection of a store at rest finds: the hop between a store that has files to look at and whoever shows it.

/** One thing that is wrong with a store, and what to do about it. */
export interface StoreFault {
  /** `note` is worth knowing and no reason to fail; `fault` is wrong. */
  readonly weight: 'note' | 'fault';
  /** What is wrong, and where: file and offset when they are known. */
  readonly what: string;
  /** What to do, or what was done. */
  readonly remedy: string;
}

/** How a store is inspected. */
export interface InspectOptions {
  /** Sets aside what is damaged. Nothing is deleted, and a store that another process writes is left alone. */
  readonly repair: boolean;
  readonly signal: AbortSignal;
}
