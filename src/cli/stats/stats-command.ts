// `meshbus stats`: how much a store holds, once or again and again.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, CommandInput } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import type { Host } from '../host.ts';
import { LineOutput, OutputClosed } from '../line-output.ts';
import { OpenedStore } from '../opened-store.ts';
import type { Store } from '../store.ts';
import { storeOf } from '../store-url.ts';
import { UsageError } from '../usage-error.ts';
import { StoreFigures } from './store-figures.ts';

const EVERY_MS = 1000;
const CLEAR_SCREEN = '\u001b[H\u001b[J';

export const statsCommand: Command = {
  name: 'stats',
  summary: 'tell how much a store holds',
  synopsis: 'URL [--watch] [--json]',
  about: [
    'Events, bytes, shards with their state, and the times of the oldest and the newest event. With --watch it looks ' +
      'again every second, tells the growth per second, and ends with Ctrl-C.',
  ],
  options: {
    watch: { type: 'boolean', help: 'look again every second' },
    json: { type: 'boolean', help: 'print JSON, with --watch one line a look' },
  },
  examples: [
    { line: 'meshbus stats log:./data', about: 'the figures of a log' },
    { line: 'meshbus stats log:./data --watch', about: 'how it grows' },
    { line: 'meshbus stats log:./data --json | jq .events', about: 'for scripts' },
  ],
  run,
};

async function run({ host, options, positionals, schemes }: CommandInput): Promise<number> {
  const store = storeOf(oneUrl(positionals), schemes, host.env);
  const opened = await OpenedStore.open(store);
  const output = new LineOutput(host.stdout);
  try {
    const json = options.flag('json');
    if (options.flag('watch')) await watch({ host, opened, output, store, json });
    else await output.write(`${render(await look(store, opened, host.stop), json)}\n`);
  } catch (error) {
    if (!(error instanceof OutputClosed) && !host.stop.aborted) throw error;
  } finally {
    await opened.close();
  }
  return EXIT.ok;
}

/** The one URL among the words of a command. @throws UsageError */
export function oneUrl(positionals: readonly string[], example = 'log:./data'): string {
  const [url, more] = positionals;
  if (url === undefined) throw new UsageError(`which store? As in ${example}`);
  if (more !== undefined) throw new UsageError('one URL at a time');
  return url;
}

interface Watch {
  readonly host: Host;
  readonly opened: OpenedStore;
  readonly output: LineOutput;
  readonly store: Store;
  readonly json: boolean;
}

async function watch({ host, opened, output, store, json }: Watch): Promise<void> {
  const stop = AbortSignal.any([host.stop, output.closed]);
  const isScreen = host.stdout.isTTY === true && host.env.TERM !== 'dumb' && !json;
  for (let before: StoreFigures | undefined; !stop.aborted; ) {
    const figures = await look(store, opened, stop);
    const text = render(figures, json, before ?? figures);
    await output.write(isScreen ? `${CLEAR_SCREEN}${text}\n` : `${text}\n${json ? '' : '\n'}`);
    before = figures;
    // Stopped while it waits: that is the end of the loop.
    await sleep(EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function look(store: Store, opened: OpenedStore, stop: AbortSignal): Promise<StoreFigures> {
  const shards = await opened.shards(stop);
  return new StoreFigures({ url: store.url, storeId: opened.info.storeId, shards, takenMs: performance.now() });
}

function render(figures: StoreFigures, json: boolean, before?: StoreFigures): string {
  if (!json) return figures.text(before);
  if (before === undefined) return JSON.stringify(figures);
  return JSON.stringify({ ...figures.toJSON(), growthPerSecond: figures.growthSince(before) ?? null });
}
