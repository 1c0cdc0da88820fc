// How the command ends, for scripts. docs/guide/command.md says the same to people.

export const EXIT = {
  /** Everything that was asked was done; of `ingest`: everything that was read is stored. */
  ok: 0,
  /** Something failed, or a line was bad; of `doctor`: something is wrong. */
  failed: 1,
  /** The command line itself is wrong; nothing was touched. */
  usage: 2,
  /** Stopped by SIGINT before it was done. */
  interrupted: 130,
  /** Stopped by SIGTERM before it was done. */
  terminated: 143,
} as const;
