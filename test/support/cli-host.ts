// A command of `meshbus` inside of the test's process: with streams that are kept, and stores that outlive a call.
import { Readable, Writable } from 'node:stream';
import type { AdapterFactory } from '../../src/adapter/contract.ts';
import { runCommand } from '../../src/cli/run-command.ts';
import type { SchemeTable } from '../../src/cli/store-url.ts';

export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostOptions {
  /** Chunks of stdin. */
  readonly stdin?: readonly (string | Uint8Array)[];
  /** Stdin is a terminal. */
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly stop?: AbortSignal;
  /** Called with every chunk of stdout; may throw, as a stream that fails. */
  readonly onOutput?: (text: string) => void;
}

/** Runs one command line, given as words, on these schemes. */
export async function runInProcess(
  words: readonly string[],
  schemes: SchemeTable,
  options: HostOptions = {},
): Promise<CommandEnd> {
  const stdout = new Kept(options.onOutput);
  const stderr = new Kept();
  const stdin = Readable.from((options.stdin ?? []).map((chunk) => Buffer.from(chunk)));
  const host = {
    stdin: options.terminal === true ? Object.assign(stdin, { isTTY: true }) : stdin,
    stdout,
    stderr,
    env: options.env ?? {},
    stop: options.stop ?? new AbortController().signal,
  };
  const code = await runCommand(words, host, { schemes, version: '0.0.0' });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A table with one scheme, `test:`, whose store is the same for every command. */
export function testScheme(adapter: AdapterFactory): SchemeTable {
  return { test: (_, url) => ({ url, scheme: 'test', open: () => adapter }) };
}

class Kept extends Writable {
  text = '';

  constructor(onText: (text: string) => void = () => undefined) {
    super({
      decodeStrings: false,
      write: (chunk, _, done) => {
        try {
          onText(String(chunk));
        } catch (error) {
          done(error as Error);
          return;
        }
        this.text += String(chunk);
        done();
      },
    });
  }
}
