// A command line that cannot be meant. The hop after prints it with a hint to the help, and exits with 2.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}
