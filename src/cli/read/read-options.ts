// The options that `poll` and `tail` share, and what they mean as a request to a bus.
import type { StartPoint } from '../../consume/consume-request.ts';
import { Filter } from '../../consume/filter.ts';
import { Ordering } from '../../consume/ordering.ts';
import type { CommandInput, OptionSpec } from '../command.ts';
import type { OptionValues } from '../option-values.ts';
import type { Store } from '../store.ts';
import { storeOf } from '../store-url.ts';
import { UsageError } from '../usage-error.ts';
import { CursorFile } from './cursor-file.ts';
import { startTime } from './start-time.ts';

export const READ_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  from: { type: 'string', value: 'URL', help: 'the store' },
  limit: { type: 'string', value: 'N', help: 'stop after so many events' },
  cursor: { type: 'string', value: 'CURSOR', help: 'go on after a cursor' },
  'cursor-file': { type: 'string', value: 'FILE', help: 'go on where the last call with this file ended' },
  since: { type: 'string', value: 'TIME', help: 'start at a time: 2026-01-31T12:00:00Z, 15m, 2h, 7d ago' },
  filter: { type: 'string', value: 'JSON', help: 'only events that match, such as \'{"path":"user.id","value":7}\'' },
  ordering: { type: 'string', value: 'ORDER', help: 'sequence (default) or timestamp: one order over all shards' },
  shards: { type: 'string', value: 'IDS', help: 'only these shards, such as 0,2' },
  envelope: { type: 'boolean', help: 'each event with id, shard, time, key and headers around its payload' },
  'show-cursor': { type: 'boolean', help: 'print the cursor to go on from on stderr at the end' },
};

/** What is read, from where, and how it is printed. */
export interface ReadRequest {
  readonly store: Store;
  readonly start: StartPoint;
  readonly limit: number;
  readonly filter: Filter | undefined;
  readonly ordering: Ordering;
  readonly shards: readonly number[] | undefined;
  readonly cursorFile: CursorFile | undefined;
  readonly envelope: boolean;
  readonly showCursor: boolean;
}

/** @throws UsageError; ConsumerError InvalidFilter; Error when the cursor file can't be read */
export async function readRequest({ host, options, positionals, schemes }: CommandInput): Promise<ReadRequest> {
  if (positionals.length > 0) throw new UsageError(`'${positionals[0]}' is unexpected: the store goes after --from`);
  options.atMostOne('cursor', 'cursor-file');
  options.atMostOne('cursor', 'since', 'new');
  const store = storeOf(options.required('from', 'which store? As in --from log:./data'), schemes, host.env);
  const path = options.text('cursor-file');
  const cursorFile = path === undefined ? undefined : new CursorFile(path);
  const start = startOf(options);
  const request = {
    store,
    limit: options.count('limit', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? Number.POSITIVE_INFINITY,
    filter: filterOf(options.text('filter')),
    ordering: orderingOf(options.text('ordering')),
    shards: shardsOf(options.text('shards')),
    cursorFile,
    envelope: options.flag('envelope'),
    showCursor: options.flag('show-cursor'),
  };
  return { ...request, start: (await cursorFile?.load()) ?? start };
}

function startOf(options: OptionValues): StartPoint {
  const since = options.text('since');
  if (since !== undefined) return { timestamp: startTime(since, Date.now()) };
  return options.text('cursor') ?? (options.flag('new') ? 'latest' : 'earliest');
}

function filterOf(text: string | undefined): Filter | undefined {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`--filter is not JSON: ${(cause as Error).message}`, { cause });
  }
  try {
    return Filter.fromJson(json);
  } catch (cause) {
    throw new UsageError(`--filter: ${(cause as Error).message}`, { cause });
  }
}

function orderingOf(text: string | undefined): Ordering {
  if (text === undefined || text === Ordering.Sequence) return Ordering.Sequence;
  if (text === Ordering.Timestamp) return Ordering.Timestamp;
  throw new UsageError(`--ordering is sequence or timestamp, got '${text}'`);
}

function shardsOf(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((id) => {
    const shard = /^\d{1,5}$/.test(id.trim()) ? Number(id) : Number.NaN;
    if (shard <= 65_535) return shard;
    throw new UsageError(`--shards is ids joined by commas, such as 0,2, got '${text}'`);
  });
}
