// What the command has of its process: streams, and the wish to stop. Handed in, so that tests can bring their own.
// Invariant: the first SIGINT or SIGTERM asks for a tidy end, the second one ends the process at once.
import { fstatSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { EXIT } from './exit-code.ts';
import { FileOutput } from './file-output.ts';

/** A stream that may be a terminal. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Host {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when the user asks to stop; the reason is the exit code for that. */
  readonly stop: AbortSignal;
}

/** The host of a real process. */
export function processHost(): Host {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    const code = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
    if (controller.signal.aborted) process.exit(code);
    controller.abort(code);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    // A getter: merely touching process.stdin opens it, and would keep commands that do not read it from ending.
    get stdin() {
      return process.stdin;
    },
    stdout: fstatSync(1).isFile() ? new FileOutput(1) : process.stdout,
    stderr: process.stderr,
    env: process.env,
    stop: controller.signal,
  };
}

/** The exit code that a stopped command ends with. */
export function stopCode(stop: AbortSignal): number {
  return typeof stop.reason === 'number' ? stop.reason : EXIT.interrupted;
}
