// What a call throws, for tests that look at an error closely.

/** The error that `run` throws. @throws Error when it throws none */
export function failure(run: () => unknown): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return error;
  }
  throw new Error(`nothing was thrown; the result is ${String(result)}`);
}
