// What a failed call of the file system means to the bus. Invariant: the message names the path.
import { AdapterError, type AdapterErrorKind } from '../../errors/adapter-error.ts';
import { codeOf, PartialWrite } from './file-system.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const PASSING = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'EBUSY', 'ENOMEM']);
const DENIED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG']);

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room',
  EDQUOT: 'the disk quota is used up: make room',
  EFBIG: 'the file may not grow any further: raise the limit on the size of files',
  EMFILE: 'this process has too many files open',
  EACCES: 'permission is denied: give this user access',
  EPERM: 'permission is denied: give this user access',
  EROFS: 'the file system is read-only',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
};

/** The error of a call on a path, as the bus decides by it. */
export function storageError(what: string, path: string, error: unknown): AdapterError {
  if (error instanceof AdapterError) return error;
  const cause = error instanceof PartialWrite ? error.cause : error;
  const code = codeOf(cause);
  const remedy = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : String((cause as Error | undefined)?.message);
  return new AdapterError(kindOf(code), `${what} ${JSON.stringify(path)} failed (${code || 'no code'}): ${remedy}.`, {
    cause,
  });
}

/** Whether there is no room to write now. */
export function isFull(error: unknown): boolean {
  return FULL.has(codeOf(error instanceof PartialWrite ? error.cause : error));
}

/** The error for bytes that no writer has left there. */
export function damageError(path: string, offset: number, what: string): AdapterError {
  return new AdapterError(
    'Serialization',
    `The log is damaged: ${JSON.stringify(path)} at offset ${offset}: ${what}. Restore the file, or set it aside.`,
  );
}

function kindOf(code: string): AdapterErrorKind {
  if (FULL.has(code)) return 'Backpressure';
  if (PASSING.has(code)) return 'Transient';
  return DENIED.has(code) ? 'Connection' : 'Fatal';
}
