// The types of count-reporter.mjs for vitest.config.ts.
import type { Reporter } from 'vitest/node';

export declare class CountReporter implements Reporter {
  constructor(path: string);
}
