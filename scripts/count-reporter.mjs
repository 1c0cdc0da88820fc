// A reporter of vitest that writes one line per test, `passed ...` or `failed ...`, as soon as the test has ended: what
// was counted stays even when the run is cut off. Read by .ci/run.
import { appendFileSync } from 'node:fs';

export class CountReporter {
  #path;

  constructor(path) {
    this.#path = path;
  }

  onTestCaseResult(test) {
    const { state } = test.result();
    if (state === 'passed' || state === 'failed')
      this.#write(state, `${test.module.relativeModuleId} > ${test.fullName}`);
  }

  /** A file that can't be loaded has no tests that could fail, and a hook may fail beside them. */
  onTestModuleEnd(module) {
    if (module.errors().length > 0) this.#write('failed', module.relativeModuleId);
  }

  onTestSuiteResult(suite) {
    if (suite.errors().length > 0) this.#write('failed', `${suite.module.relativeModuleId} > ${suite.fullName}`);
  }

  onTestRunEnd(_modules, unhandledErrors) {
    for (const error of unhandledErrors) this.#write('failed', `unhandled: ${error.message}`);
  }

  #write(state, name) {
    appendFileSync(this.#path, `${state} ${name.replaceAll('\n', ' ')}\n`);
  }
}
