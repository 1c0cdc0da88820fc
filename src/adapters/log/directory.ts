// The folder of a log and the file that says so. Invariant: a folder that is no log of this version is left as it was.
import { randomBytes } from 'node:crypto';
import { AdapterError } from '../../errors/adapter-error.ts';
import { codeOf, type FileSystem, readWhole, replaceFile } from './file-system.ts';
import { storageError } from './storage-error.ts';

const FORMAT = 'meshbus-log';
const FORMAT_FILE = 'meshbus-log.json';
const FORMAT_VERSION = 1;
const MOST_FORMAT_BYTES = 65_536;
/** What an opening that was interrupted may leave in a folder without a format file. */
const OWN_NAMES = /^writer-|\.draft$/;
const SHARD = /^shard-(0|[1-9]\d{0,4})$/;
const MAX_SHARD = 65_535;

/** The name of the store in a folder; undefined when the folder could become a log. Changes nothing. @throws AdapterError */
export async function readFormat(files: FileSystem, folder: string): Promise<string | undefined> {
  const path = `${folder}/${FORMAT_FILE}`;
  let bytes: Buffer | undefined;
  try {
    bytes = await readWhole(files, path, MOST_FORMAT_BYTES);
  } catch (error) {
    throw storageError('Opening the log in', folder, error);
  }
  if (bytes !== undefined) return storeIdOf(bytes, path);
  const foreign = (await namesIn(files, folder)).find((name) => !OWN_NAMES.test(name));
  if (foreign === undefined) return undefined;
  throw new AdapterError(
    'Connection',
    `${JSON.stringify(folder)} is no log: it has no ${FORMAT_FILE} and holds other files (${JSON.stringify(foreign)}). Choose an empty folder.`,
  );
}

/** Makes a log of a folder that is there; returns the name of the new store. */
export async function writeFormat(files: FileSystem, folder: string): Promise<string> {
  const storeId = `log-${randomBytes(8).toString('hex')}`;
  const text = JSON.stringify({ format: FORMAT, version: FORMAT_VERSION, storeId });
  try {
    await replaceFile(files, `${folder}/${FORMAT_FILE}`, Buffer.from(`${text}\n`), { durable: true });
  } catch (error) {
    throw storageError('Making a log in', folder, error);
  }
  return storeId;
}

/** The shards that have a folder. @throws AdapterError */
export async function listShardFolders(files: FileSystem, folder: string): Promise<readonly number[]> {
  const shards = (await namesIn(files, folder)).flatMap((name) => {
    const shard = SHARD.exec(name)?.[1];
    return shard === undefined || Number(shard) > MAX_SHARD ? [] : [Number(shard)];
  });
  return shards.sort((a, b) => a - b);
}

/** Where a shard lies. */
export function shardFolder(folder: string, shard: number): string {
  return `${folder}/shard-${shard}`;
}

/** The error for a folder that holds no log to read. */
export function missingLog(folder: string): AdapterError {
  return new AdapterError(
    'Connection',
    `There is no log in ${JSON.stringify(folder)}: nothing was ever written there.`,
  );
}

async function namesIn(files: FileSystem, folder: string): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw missingLog(folder);
    throw storageError('Opening the log in', folder, error);
  }
}

function storeIdOf(bytes: Buffer, path: string): string {
  const { format, version, storeId } = parse(bytes.toString());
  if (
    format !== FORMAT ||
    !Number.isInteger(version) ||
    typeof storeId !== 'string' ||
    !/^[\w-]{1,64}$/.test(storeId)
  ) {
    throw new AdapterError('Connection', `${JSON.stringify(path)} does not describe a log: it is damaged or foreign.`);
  }
  if (version === FORMAT_VERSION) return storeId;
  throw new AdapterError(
    'Connection',
    `${JSON.stringify(path)} describes a log of version ${version}, and this release reads version ${FORMAT_VERSION}: use a newer release.`,
  );
}

function parse(text: string): { format?: unknown; version?: unknown; storeId?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // The caller says what is wrong with it.
  }
}
