// One writing process at a time. Invariant: a process that holds the lock answers at its socket before its claim can be
// seen, so that a claim without an answer is a dead one, whatever its process number. See docs/decisions/.
import { randomBytes } from 'node:crypto';
import { stat, utimes } from 'node:fs/promises';
import { clearInterval, setInterval, setTimeout } from 'node:timers';
import { AdapterError } from '../../errors/adapter-error.ts';
import { codeOf } from './file-system.ts';
import { answerAt, isAnswered, type LifeSocket } from './life-socket.ts';
import {
  type Claim,
  claim,
  claimPath,
  giveBack,
  highestClaim,
  type Owner,
  ownerOf,
  removeBelow,
  socketPath,
} from './lock-claims.ts';
import { type ProcessIdentity, startOf, thisProcess } from './process-identity.ts';
import { storageError } from './storage-error.ts';

/** A lock that is held. */
export interface HeldLock {
  /** Another process has taken the folder, since this one gave no sign of life for too long. */
  readonly lost: boolean;
  release(): Promise<void>;
}

/** @throws AdapterError Connection while someone holds the lock of a folder */
export type TakeLock = (folder: string) => Promise<HeldLock>;

/** How an owner shows that it lives where no socket can. */
export interface BeatTimes {
  readonly everyMs: number;
  /** So long without a beat, and it is dead. */
  readonly deadAfterMs: number;
}

const BEATS: BeatTimes = { everyMs: 2000, deadAfterMs: 7000 };

/** The lock of a folder, which must be there. */
export async function takeWriterLock(folder: string, beats: BeatTimes = BEATS): Promise<HeldLock> {
  const me = thisProcess();
  const token = randomBytes(8).toString('hex');
  let socket: LifeSocket | undefined;
  try {
    await refuseIfHeld(folder, me, beats); // Before anything is made in the folder.
    socket = await answerAt(socketPath(folder, token));
    const owner: Owner = { ...me, token, answers: socket !== undefined };
    for (;;) {
      const free = await refuseIfHeld(folder, me, beats);
      const number = (free?.number ?? 0) + 1;
      if (!(await claim(folder, number, owner))) continue;
      await removeBelow(folder, number, token);
      return new WriterLock({ folder, number, socket, beats });
    }
  } catch (error) {
    await socket?.close();
    throw storageError('Locking', folder, error);
  }
}

/** The highest claim, which nobody holds any more. */
async function refuseIfHeld(folder: string, me: ProcessIdentity, beats: BeatTimes): Promise<Claim | undefined> {
  const highest = await highestClaim(folder);
  if (highest === undefined || !highest.held) return highest;
  const owner = await ownerOf(folder, highest);
  if (!(await isAlive({ folder, claim: highest, owner, me, beats }))) return highest;
  throw new AdapterError('Connection', refusal(folder, owner, me));
}

interface Suspect {
  readonly folder: string;
  readonly claim: Claim;
  readonly owner: Owner | undefined;
  readonly me: ProcessIdentity;
  readonly beats: BeatTimes;
}

async function isAlive(suspect: Suspect): Promise<boolean> {
  const { folder, me, owner } = suspect;
  if (owner === undefined || owner.host !== me.host) return isBeating(suspect);
  const answered = owner.answers ? await isAnswered(socketPath(folder, owner.token)) : undefined;
  if (answered !== undefined) return answered; // Also when the process lives, and the thread that had the lock does not.
  if (owner.namespace !== '' && owner.namespace === me.namespace) {
    const startedAt = startOf(owner.pid);
    if (startedAt !== undefined) return startedAt === owner.startedAt;
  }
  return isBeating(suspect);
}

/** Whether the claim is touched while we look. Clocks of two machines need not agree, so that none is asked. */
async function isBeating({ folder, claim: { number }, beats }: Suspect): Promise<boolean> {
  const path = claimPath(folder, number, true);
  const first = await beatOf(path);
  const end = performance.now() + beats.deadAfterMs;
  while (first !== undefined && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, beats.everyMs / 8));
    const now = await beatOf(path);
    if (now !== first) return now !== undefined;
  }
  return false;
}

async function beatOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function refusal(folder: string, owner: Owner | undefined, me: ProcessIdentity): string {
  const what = `The log in ${JSON.stringify(folder)} is open for writing`;
  if (owner === undefined) return `${what} in another process. Close it there first, or open it with readOnly: true.`;
  const isMe = owner.pid === me.pid && owner.host === me.host && owner.namespace === me.namespace;
  if (isMe && owner.startedAt === me.startedAt) {
    return `${what} in this very process (${me.pid}): shut that bus down first, or open it with readOnly: true.`;
  }
  return `${what} in process ${owner.pid}. Close it there first, or open it with readOnly: true.`;
}

interface WriterLockOptions {
  readonly folder: string;
  readonly number: number;
  readonly socket: LifeSocket | undefined;
  readonly beats: BeatTimes;
}

class WriterLock implements HeldLock {
  lost = false;
  readonly #options: WriterLockOptions;
  readonly #timer: NodeJS.Timeout;
  #beating: Promise<void> = Promise.resolve();

  constructor(options: WriterLockOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#beating = this.#beat();
    }, options.beats.everyMs).unref();
  }

  async release(): Promise<void> {
    const { folder, number, socket } = this.#options;
    clearInterval(this.#timer);
    await this.#beating;
    try {
      await giveBack(folder, number);
    } catch (error) {
      throw storageError('Unlocking', folder, error);
    } finally {
      await socket?.close();
    }
  }

  async #beat(): Promise<void> {
    const { folder, number } = this.#options;
    try {
      const now = new Date();
      await utimes(claimPath(folder, number, true), now, now);
      if ((await highestClaim(folder))?.number !== number) this.lost = true;
    } catch (error) {
      // Any other failure shows at the next write, or passes before the next beat.
      if (codeOf(error) === 'ENOENT') this.lost = true;
    }
  }
}
