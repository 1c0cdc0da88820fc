// The stream of a prefix: made when it is missing, adopted when it suits, refused with what differs when it does not.
import type { StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { AdapterError } from '../../errors/adapter-error.ts';
import type { JetStreamSettings } from './config.ts';
import type { Connection } from './connection.ts';
import { requestError, STREAM_NOT_FOUND } from './store-error.ts';

const DESCRIPTION = 'meshbus events, format 1';
const NS_PER_MS = 1_000_000;

/** What is known of the stream. */
export interface StreamFacts {
  /** When it was made, to the nanosecond: another stream of the same name has another. */
  readonly created: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The longest message that it takes, or -1. */
  readonly maxMessageBytes: number;
}

/** @throws AdapterError */
export async function openStream(connection: Connection, settings: JetStreamSettings): Promise<StreamFacts> {
  const { prefix, stream } = settings;
  const info = (await find(connection, prefix)) ?? (await make(connection, settings));
  const differences = differencesOf(info.config, settings);
  if (differences.length === 0) return factsOf(info);
  const kept = `The stream "${prefix}" exists and does not suit: ${differences.join('; ')}.`;
  throw new AdapterError(
    'Connection',
    `${kept} Change the stream or the options, or take another prefix.${hint(stream)}`,
  );
}

/** What the stream holds now; undefined when it is gone. @throws AdapterError */
export async function lookAtStream(connection: Connection, prefix: string): Promise<StreamFacts | undefined> {
  const info = await find(connection, prefix);
  return info === undefined ? undefined : factsOf(info);
}

/** How the stream is configured; undefined when there is none. @throws AdapterError */
export async function streamConfig(connection: Connection, prefix: string): Promise<StreamConfig | undefined> {
  return (await find(connection, prefix))?.config;
}

function hint({ storage }: JetStreamSettings['stream']): string {
  return storage === undefined ? '' : ' The storage of a stream cannot be changed.';
}

async function find(connection: Connection, name: string): Promise<StreamInfo | undefined> {
  try {
    return await connection.manager.streams.info(name);
  } catch (error) {
    if ((error as { code?: unknown }).code === STREAM_NOT_FOUND) return undefined;
    throw requestError(error, `The stream "${name}" can't be looked at`);
  }
}

async function make(connection: Connection, settings: JetStreamSettings): Promise<StreamInfo> {
  const { prefix, stream } = settings;
  if (!stream.create) {
    throw new AdapterError('Connection', `There is no stream "${prefix}", and \`create\` is false.`);
  }
  try {
    return await connection.manager.streams.add(wanted(settings));
  } catch (error) {
    // Another one may have made it at the same moment.
    const info = await find(connection, prefix);
    if (info !== undefined) return info;
    throw requestError(error, `The stream "${prefix}" can't be made`);
  }
}

function wanted({ prefix, stream }: JetStreamSettings): Partial<StreamConfig> & { name: string } {
  return {
    name: prefix,
    subjects: [`${prefix}.*.*`],
    description: DESCRIPTION,
    retention: 'limits',
    discard: 'old',
    allow_direct: true,
    storage: stream.storage ?? 'file',
    ...(stream.maxMessages === undefined ? {} : { max_msgs: stream.maxMessages }),
    ...(stream.maxBytes === undefined ? {} : { max_bytes: stream.maxBytes }),
    ...(stream.maxAgeMs === undefined ? {} : { max_age: stream.maxAgeMs * NS_PER_MS }),
    ...(stream.replicas === undefined ? {} : { num_replicas: stream.replicas }),
    ...windowOf(stream),
  };
}

/** The server refuses a window that is longer than the age. */
function windowOf({ duplicateWindowMs, maxAgeMs }: JetStreamSettings['stream']): { duplicate_window?: number } {
  if (duplicateWindowMs !== undefined) return { duplicate_window: duplicateWindowMs * NS_PER_MS };
  return maxAgeMs === undefined ? {} : { duplicate_window: Math.min(120_000, maxAgeMs) * NS_PER_MS };
}

function factsOf({ created, state, config }: StreamInfo): StreamFacts {
  const { first_seq: firstSeq, last_seq: lastSeq } = state;
  return { created, firstSeq, lastSeq, maxMessageBytes: config.max_msg_size };
}

/** What makes an existing stream unfit, in words. What the user left open may be as it is. */
function differencesOf(has: StreamConfig, settings: JetStreamSettings): string[] {
  const found: string[] = [];
  const { duplicateWindowMs, storage } = settings.stream;
  const wants = wanted(settings);
  const [subject] = wants.subjects ?? [];
  const covers = (each: string): boolean => each === subject || each === subject?.replace('*.*', '>') || each === '>';
  if (!has.subjects?.some(covers)) found.push(`its subjects are ${JSON.stringify(has.subjects)}, not "${subject}"`);
  const same = (name: keyof StreamConfig, asked: unknown, shown = String(has[name])): void => {
    if (asked !== undefined && has[name] !== asked) found.push(`its ${name} is ${shown}, not ${asked}`);
  };
  same('retention', 'limits');
  same('max_msgs_per_subject', -1);
  same('storage', storage);
  for (const name of ['max_msgs', 'max_bytes', 'max_age', 'num_replicas'] as const) same(name, wants[name]);
  if (duplicateWindowMs !== undefined) same('duplicate_window', wants.duplicate_window);
  if (has.no_ack === true) found.push('it acknowledges nothing (no_ack)');
  if (has.sealed) found.push('it is sealed');
  if (has.mirror !== undefined) found.push('it is a mirror');
  if ((has.sources?.length ?? 0) > 0) found.push('it has sources');
  if (has.subject_transform !== undefined) found.push('it changes subjects (subject_transform)');
  return found;
}
