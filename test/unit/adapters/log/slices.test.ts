// What the log hands out as a store of frames: the losses before a slice are those that were declared, wherever it was
// looked for from, and what retention took is none of them.
import { expect, test } from 'vitest';
import { log } from '../../../../src/adapters/log/index.ts';
import type { FrameStore } from '../../../../src/frame-store/frame-store.ts';
import { storeSourceOf } from '../../../../src/frame-store/store-source.ts';
import { BatchMaker, within } from '../../../../src/testing/index.ts';
import { freshFolder, numbered, signal } from './driver.ts';

async function opened(options: Parameters<typeof log>[1]): Promise<FrameStore> {
  const frames = storeSourceOf(log(freshFolder(), options))?.make() as FrameStore;
  await frames.open({ producer: 'p', now: () => 0n, report: () => undefined });
  return frames;
}

async function sliceAt(frames: FrameStore, at: number): Promise<readonly unknown[]> {
  const slice = await frames.read(0, at, signal);
  return [slice?.index, slice?.count, slice?.lostBefore];
}

test('a slice tells of the events that are missing right before it, not of those before the index that was asked for', async () => {
  const frames = await opened({});
  const maker = new BatchMaker();
  await frames.append(maker.batch(0, ['a', 'b']), 0, signal);
  await frames.append(maker.batch(0, ['c', 'd']), 3, signal);
  expect(await sliceAt(frames, 0)).toEqual([0, 2, 0]);
  expect(await sliceAt(frames, 1)).toEqual([1, 1, 0]);
  for (const at of [2, 4, 5]) expect(await sliceAt(frames, at)).toEqual([5, 2, 3]);
  expect(await sliceAt(frames, 6)).toEqual([6, 1, 0]);
  await frames.close(signal);
});

test('what retention took is no loss of the first slice that is left', async () => {
  const frames = await opened({ maxEvents: 16 });
  const maker = new BatchMaker();
  for (let nth = 0; nth < 10; nth += 1) await frames.append(maker.batch(0, numbered(4 * nth, 4)), 0, signal);
  const trimmedTo = (): number => frames.extent(0)?.trimmedTo ?? 0;
  await within(20_000, () => trimmedTo() >= 24);
  expect(await sliceAt(frames, 0)).toEqual([trimmedTo(), 4, 0]);
  await frames.close(signal);
});
