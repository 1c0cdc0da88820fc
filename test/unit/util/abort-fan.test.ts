// One listener a signal, however many wait.
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { AbortFan } from '../../../src/util/abort-fan.ts';

test('has one listener while anyone waits, and none afterwards', () => {
  const fan = new AbortFan();
  const { signal } = new AbortController();
  const stops = Array.from({ length: 100 }, () => fan.add(signal, () => undefined));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const stop of stops) stop();
  for (const stop of stops) stop();
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('calls each waiter once, but for those that stopped, one of them during the abort', () => {
  const fan = new AbortFan();
  const controller = new AbortController();
  const called: string[] = [];
  const call = (): number => called.push('same');
  fan.add(controller.signal, call);
  fan.add(controller.signal, call);
  fan.add(controller.signal, () => called.push('stopped'))();
  fan.add(controller.signal, () => later());
  const later = fan.add(controller.signal, () => called.push('stopped by the one before'));
  controller.abort();
  expect(called).toEqual(['same', 'same']);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
});

test('calls at once when the signal has aborted', () => {
  const called: string[] = [];
  new AbortFan().add(AbortSignal.abort(), () => called.push('at once'))();
  expect(called).toEqual(['at once']);
});

test('calls every waiter though one throws, and throws that afterwards', () => {
  const fan = new AbortFan();
  // Called by hand: what a listener of a real signal throws ends the process.
  const listeners: ((event: unknown) => void)[] = [];
  const signal = {
    aborted: false,
    addEventListener: (_type: string, listener: (event: unknown) => void) => listeners.push(listener),
    removeEventListener: () => undefined,
  };
  const called: string[] = [];
  fan.add(signal as unknown as AbortSignal, () => {
    throw new Error('thrown first');
  });
  fan.add(signal as unknown as AbortSignal, () => called.push('second'));
  expect(() => listeners[0]?.({ target: signal })).toThrow('thrown first');
  expect(called).toEqual(['second']);
});
