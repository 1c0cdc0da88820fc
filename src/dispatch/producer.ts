// The name under which a start of a bus dispatches: `<nonce>-<start>`, each 64 random bits in hex. The nonce may
// live in a file, so that restarts have it in common; the start never repeats, so that no two buses share a name.
// Invariant: the nonce file appears whole or not at all, whoever else makes it at the same time.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from '../errors/config-error.ts';

const NONCE = /^[0-9a-f]{16}\n?$/;
const LONGEST_BYTES = 64;
const OWNER_ONLY = 0o600;

/** What names a start of a bus. */
export interface ProducerIdentity {
  /** The first part of the id of every event of this start: 33 characters of `0-9a-f-`. */
  readonly producer: string;
}

/**
 * The name of this very start. With a path the nonce is read from that file, which is made when it is missing; a
 * file that exists need only be readable. Blocks for a few file operations.
 *
 * @throws ConfigError EBUS_CONFIG_NONCE when the file is damaged, cannot be read or cannot be made. A retry helps
 * after the file or its folder was repaired.
 */
export function producerIdentity(path: string | undefined): ProducerIdentity {
  const nonce = path === undefined ? randomHex() : nonceOf(path);
  return { producer: `${nonce}-${randomHex()}` };
}

function randomHex(): string {
  return randomBytes(8).toString('hex');
}

function nonceOf(path: string): string {
  const existing = readNonce(path);
  if (existing !== undefined) return existing;
  createNonce(path);
  const made = readNonce(path);
  if (made !== undefined) return made;
  throw nonceError(path, 'is a symbolic link to a file that does not exist, or was removed at once; remove the link');
}

/** The nonce in a file, undefined when there is no file. */
function readNonce(path: string): string | undefined {
  let file: number;
  try {
    // A pipe would block without O_NONBLOCK, which Windows does not have.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw failure(path, 'cannot be read', cause);
  }
  try {
    if (!fstatSync(file).isFile()) throw nonceError(path, 'is not a file; choose the path of a file');
    const bytes = Buffer.alloc(LONGEST_BYTES);
    const text = bytes.toString('latin1', 0, readSync(file, bytes, 0, LONGEST_BYTES, 0));
    if (NONCE.test(text)) return text.trimEnd();
    const what = text === '' ? 'is empty' : 'is damaged: it does not hold 16 hexadecimal digits';
    throw nonceError(path, `${what}. Restore it, or remove it to get a new producer name`);
  } catch (cause) {
    throw cause instanceof ConfigError ? cause : failure(path, 'cannot be read', cause);
  } finally {
    closeSync(file);
  }
}

/** Makes the file under another name and links it, so that the first of several makers wins with a whole file. */
function createNonce(path: string): void {
  const draft = join(dirname(path), `.nonce-${randomHex()}.tmp`);
  try {
    writeWhole(draft);
  } catch (cause) {
    throw failure(path, 'cannot be made', cause);
  }
  try {
    linkSync(draft, path);
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') createWithoutLink(path, cause);
  } finally {
    unlinkSync(draft);
  }
}

/** For file systems without hard links: exclusive creation alone, which a crash may leave empty (a clear error later). */
function createWithoutLink(path: string, cause: unknown): void {
  if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(cause))) {
    throw failure(path, 'cannot be made', cause);
  }
  try {
    writeWhole(path);
  } catch (inner) {
    if (codeOf(inner) !== 'EEXIST') throw failure(path, 'cannot be made', inner);
  }
}

/** Writes a new nonce to a file that must not exist; removes what it made when that fails. */
function writeWhole(path: string): void {
  const file = openSync(path, 'wx', OWNER_ONLY);
  let whole = false;
  try {
    const line = `${randomHex()}\n`;
    whole = writeSync(file, line) === line.length;
    if (!whole) throw new Error('the disk took only a part of it');
    fsyncSync(file);
  } catch (cause) {
    whole = false;
    throw cause;
  } finally {
    closeSync(file);
    if (!whole) unlinkSync(path);
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist; create it first',
  ENOTDIR: 'a part of its path is a file; choose another path',
  EISDIR: 'it is a folder; choose the path of a file',
  EACCES: 'permission is denied; give this user access to the file and its folder',
  EPERM: 'permission is denied; give this user access to the file and its folder',
  EROFS: 'the file system is read-only; choose another path, or make the file beforehand',
  ENOSPC: 'the disk is full; make room',
  ENAMETOOLONG: 'its name is too long; choose a shorter one',
  ELOOP: 'its symbolic links form a circle; choose another path',
};

function failure(path: string, what: string, cause: unknown): ConfigError {
  const code = codeOf(cause);
  const remedy = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : (cause as Error).message;
  return nonceError(path, `${what} (${code}): ${remedy}`, cause);
}

function nonceError(path: string, what: string, cause?: unknown): ConfigError {
  return new ConfigError('Nonce', `The producer nonce file ${JSON.stringify(path)} ${what}.`, { cause });
}
