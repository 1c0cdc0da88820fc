// What `meshbus doctor` reports: one thing that is wrong, and what to do about it.

export interface StoreFault {
  /** `note` is worth knowing and no reason to fail; `fault` is wrong. */
  readonly weight: 'note' | 'fault';
  /** What is wrong, and where: file and offset when they are known. */
  readonly what: string;
  /** What to do. */
  readonly remedy: string;
}
