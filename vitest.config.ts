import { defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.mjs';

// Where .ci/run wants one line per test; without it tests are only printed.
const results = process.env.MESHBUS_TEST_RESULTS;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: results === undefined ? ['default'] : ['default', new CountReporter(results)],
    projects: [
      { extends: true, test: { name: 'source', include: ['test/**/*.test.ts'], exclude: ['test/package/**'] } },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/support/installed-package.ts',
          hookTimeout: 180_000,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
