// The `meshbus` command as a program: the one file that works when it is loaded.
import { processHost } from './host.ts';
import { runCommand } from './run-command.ts';

/** Put in by the build, from package.json. */
declare const MESHBUS_VERSION: string;

runCommand(process.argv.slice(2), processHost(), { version: MESHBUS_VERSION }).then((code) => {
  process.exitCode = code;
});
