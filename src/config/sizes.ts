// The options that decide how much memory a bus takes, and how they may contradict one another. A contradiction is
// reported only between values that are valid in themselves.
import { DEFAULTS, defaultRingBytes } from './defaults.ts';
import type { FaultList } from './fault-list.ts';
import type { Section } from './section.ts';

export function readSizes(section: Section, faults: FaultList) {
  const shards = section.wholeNumber('shards', DEFAULTS.shards);
  const ringCapacity = section.wholeNumber('ringCapacity', DEFAULTS.ringCapacity);
  const maxEventBytes = section.wholeNumber('maxEventBytes', DEFAULTS.maxEventBytes);
  const maxMemoryBytes = section.wholeNumber('maxMemoryBytes', DEFAULTS.maxMemoryBytes);
  const given = section.wholeNumber('ringBytes', 'default', ', a power of two');
  const ringBytes = given === 'default' ? derived(ringCapacity, maxEventBytes) : given;
  if (ringBytes !== undefined) {
    if (given !== 'default') checkRing(ringBytes, maxEventBytes, faults);
    if (shards !== undefined && maxMemoryBytes !== undefined && shards * ringBytes > maxMemoryBytes) {
      const sum = `shards × ringBytes = ${shards} × ${ringBytes} = ${shards * ringBytes}`;
      const source = given === 'default' ? ' (ringBytes follows from ringCapacity and maxEventBytes)' : '';
      faults.add('maxMemoryBytes', `at least ${sum}${source}`, maxMemoryBytes);
    }
  }
  return { shards, ringCapacity, ringBytes, maxEventBytes, maxMemoryBytes };
}

function derived(ringCapacity: number | undefined, maxEventBytes: number | undefined): number | undefined {
  if (ringCapacity === undefined || maxEventBytes === undefined) return undefined;
  return defaultRingBytes(ringCapacity, maxEventBytes);
}

function checkRing(ringBytes: number, maxEventBytes: number | undefined, faults: FaultList): void {
  if (!Number.isInteger(Math.log2(ringBytes))) {
    faults.add('ringBytes', 'a power of two', ringBytes);
  }
  if (maxEventBytes === undefined) return;
  if (2 * maxEventBytes > ringBytes) {
    const twice = `2 × maxEventBytes = 2 × ${maxEventBytes} = ${2 * maxEventBytes}`;
    faults.add('ringBytes', `at least ${twice}; raise it or lower maxEventBytes`, ringBytes);
  }
}
