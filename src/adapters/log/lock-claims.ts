// The lock files of a folder: claims with rising numbers, of which the highest counts. Invariant: the highest is never
// removed, so that a number is claimed once, and whoever judged an older claim dead finds out that it was late.
//
//   writer-0000000012.lock   held, or left by a process that ended without a word: JSON of its owner
//   writer-0000000012.free   given back
import { constants } from 'node:fs';
import { copyFile, link, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { codeOf } from './file-system.ts';
import type { ProcessIdentity } from './process-identity.ts';

const CLAIM = /^writer-(\d{10})\.(lock|free)$/;
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Who made a claim. */
export interface Owner extends ProcessIdentity {
  /** Names the claim and its socket. */
  readonly token: string;
  /** Whether a socket shows that it lives. */
  readonly answers: boolean;
}

export interface Claim {
  readonly number: number;
  readonly held: boolean;
}

/** The claim that counts; undefined in a folder that was never claimed. */
export async function highestClaim(folder: string): Promise<Claim | undefined> {
  const claims = claimsIn(await readdir(folder));
  return claims.sort((a, b) => b.number - a.number)[0];
}

/** Who holds a claim; undefined when it is gone meanwhile or can't be read. */
export async function ownerOf(folder: string, claim: Claim): Promise<Owner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(claimPath(folder, claim.number, true), 'utf8'));
    return typeof (owner as Owner).token === 'string' ? (owner as Owner) : undefined;
  } catch {
    return undefined; // The caller looks for signs of life instead.
  }
}

/** Claims a number; false when someone else has it, or a higher one. */
export async function claim(folder: string, number: number, owner: Owner): Promise<boolean> {
  const path = claimPath(folder, number, true);
  const draft = `${folder}/writer-${owner.token}.draft`;
  await writeFile(draft, `${JSON.stringify(owner)}\n`, { flag: 'wx' });
  try {
    await linkOnce(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft);
  }
  if ((await highestClaim(folder))?.number === number) return true;
  await unlink(path);
  return false;
}

/** Gives a claim back. */
export async function giveBack(folder: string, number: number): Promise<void> {
  try {
    await rename(claimPath(folder, number, true), claimPath(folder, number, false));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error; // Removed with the folder, or overtaken.
  }
}

/** Removes what lies below a claim, and what dead owners left. */
export async function removeBelow(folder: string, number: number, keep: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const below = claimsIn([name])[0];
    const left = /^writer-[0-9a-f]{16}\.(sock|draft)$/.test(name) && !name.includes(keep);
    if ((below !== undefined && below.number < number) || left) {
      await unlink(`${folder}/${name}`).catch(() => undefined); // Only litter: the next owner tries again.
    }
  }
}

export function claimPath(folder: string, number: number, held: boolean): string {
  return `${folder}/writer-${String(number).padStart(10, '0')}.${held ? 'lock' : 'free'}`;
}

export function socketPath(folder: string, token: string): string {
  return process.platform === 'win32' ? `\\\\.\\pipe\\meshbus-${token}` : `${folder}/writer-${token}.sock`;
}

function claimsIn(names: readonly string[]): Claim[] {
  return names.flatMap((name) => {
    const [, number, state] = CLAIM.exec(name) ?? [];
    return number === undefined ? [] : [{ number: Number(number), held: state === 'lock' }];
  });
}

/** Appears whole or not at all; without hard links a crash may leave it empty, which counts as an owner without a word. */
async function linkOnce(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (!NO_LINKS.has(codeOf(error))) throw error;
    await copyFile(draft, path, constants.COPYFILE_EXCL);
  }
}
