// `meshbus doctor`: what is wrong with a store, and what to do.

import type { InspectOptions, StoreFault } from '../../adapter/store-fault.ts';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { Command, CommandInput } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { failureText } from '../failure.ts';
import { stopCode } from '../host.ts';
import { LineOutput } from '../line-output.ts';
import { oneUrl } from '../stats/stats-command.ts';
import type { Store } from '../store.ts';
import { storeOf } from '../store-url.ts';
import { counted, printable } from '../text.ts';
import { UsageError } from '../usage-error.ts';
import { type Examination, examine } from './examine.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'tell what is wrong with a store and what to do',
  synopsis: 'URL [--quick] [--repair] [--json]',
  about: [
    'Looks at the files of the store where it has some, opens it for reading, and reads every event. It changes ' +
      'nothing without --repair. The exit code is 0 when nothing is wrong, 1 when there is a fault, also one that ' +
      '--repair has just set right.',
  ],
  options: {
    quick: { type: 'boolean', help: 'read only the first events of each shard, and not the files' },
    repair: { type: 'boolean', help: 'set aside what is damaged, where the store can; nothing is deleted' },
    json: { type: 'boolean', help: 'print JSON' },
  },
  examples: [
    { line: 'meshbus doctor log:./data', about: 'is it well?' },
    { line: 'meshbus doctor log:./data --json', about: 'the same for scripts' },
    { line: 'meshbus doctor log:./data --repair', about: 'set aside what is damaged' },
  ],
  run,
};

async function run({ host, options, positionals, schemes }: CommandInput): Promise<number> {
  const store = storeOf(oneUrl(positionals), schemes, host.env);
  const repair = options.flag('repair');
  if (repair && store.repairs !== true) throw new UsageError(`${store.scheme}: has nothing that could be repaired`);
  options.atMostOne('quick', 'repair');
  const quick = options.flag('quick');
  try {
    const found = quick ? [] : await inspected(store, { repair, signal: host.stop });
    const seen = await examine(store, { quick, stop: host.stop, nowMs: Date.now() });
    const faults = [...found, ...seen.faults];
    const text = options.flag('json') ? asJson(store.url, faults, seen) : asText(store.url, faults, { ...seen, quick });
    await new LineOutput(host.stdout).write(`${text}\n`);
    return faults.some(({ weight }) => weight === 'fault') ? EXIT.failed : EXIT.ok;
  } catch (error) {
    if (host.stop.aborted) return stopCode(host.stop);
    throw error;
  }
}

/** @throws AdapterError when a repair was asked for and can't be made */
async function inspected(store: Store, options: InspectOptions): Promise<readonly StoreFault[]> {
  try {
    return (await store.inspect?.(options)) ?? [];
  } catch (error) {
    if (options.repair || !(error instanceof AdapterError)) throw error;
    const what = `its files can't be inspected: ${failureText(error)}`;
    return [{ weight: 'fault', what, remedy: 'see that the path and the permissions are right' }];
  }
}

function asJson(url: string, faults: readonly StoreFault[], { shards, eventsRead }: Examination): string {
  const healthy = !faults.some(({ weight }) => weight === 'fault');
  return JSON.stringify({ url, healthy, faults, shards: shards ?? null, eventsRead });
}

function asText(
  url: string,
  faults: readonly StoreFault[],
  { shards, eventsRead, quick }: Examination & { readonly quick: boolean },
): string {
  const lines = faults.flatMap(({ weight, what, remedy }) => [`${weight}: ${what}`, `  do: ${remedy}`]);
  if (shards !== undefined) lines.push(`${counted(shards, 'shard')}, ${counted(eventsRead, 'event')} read`);
  if (faults.length === 0) lines.push(quick ? 'nothing is wrong in the events that were read' : 'nothing is wrong');
  return [printable(url, 4096), ...lines].join('\n');
}
