// What `poll` and `tail` have in common around a run: opening, the ends that are quiet, and the exit code.
import type { CommandInput } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { sayFindings } from '../finding-notices.ts';
import { stopCode } from '../host.ts';
import { LineOutput, OutputClosed } from '../line-output.ts';
import { Notices } from '../notices.ts';
import { readRequest } from './read-options.ts';
import { ReadRun, type ReadRunOptions } from './read-run.ts';

/** Runs until `read` is through. `endless`: being stopped is the normal end. */
export async function readCommand(
  input: CommandInput,
  { read, endless }: { readonly read: (run: ReadRun) => Promise<void>; readonly endless: boolean },
): Promise<number> {
  const { host } = input;
  const request = await readRequest(input);
  const output = new LineOutput(host.stdout);
  const notices = new Notices(host);
  const stop = AbortSignal.any([host.stop, output.closed]);
  const endFindings = sayFindings(notices);
  let failed: boolean;
  try {
    failed = await readThrough({ request, output, notices, stop, nowMs: () => performance.now() }, read);
  } finally {
    endFindings();
  }
  if (failed) return EXIT.failed;
  return host.stop.aborted && !endless ? stopCode(host.stop) : EXIT.ok;
}

/** Whether something could not be read. */
async function readThrough(options: ReadRunOptions, read: (run: ReadRun) => Promise<void>): Promise<boolean> {
  const run = await ReadRun.open(options);
  try {
    await read(run);
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  } finally {
    await run.close();
  }
  return run.failed;
}
