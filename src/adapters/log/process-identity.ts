// Which process this is, so that another one can tell later whether it still runs. Invariant: two processes are never
// equal in all fields, also where each is number 1 of its container.
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** This boot of this machine; its name where the system tells no boots apart. */
  readonly host: string;
  /** Within what `pid` means something: containers have their own. Empty where the system does not tell. */
  readonly namespace: string;
  /** When the process began, in the system's own units. Empty where the system does not tell. */
  readonly startedAt: string;
}

/** The process that runs this. */
export function thisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    host: textOf('/proc/sys/kernel/random/boot_id') ?? hostname(),
    namespace: linkOf('/proc/self/ns/pid') ?? '',
    startedAt: startOf('self') ?? '',
  };
}

/** When a process of this namespace began; undefined when there is none, or it is hidden. */
export function startOf(pid: number | 'self'): string | undefined {
  // The second field is the name of the program, in brackets, and may hold anything.
  const fields = textOf(`/proc/${pid}/stat`)?.replace(/^.*\)/s, '').trim().split(' ');
  return fields?.[19];
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // No such system, or no such process.
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // No such system.
  }
}
