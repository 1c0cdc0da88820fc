// Holds the adapter's own record against the ledger: what it took, what it never saw, and what it was told of losses.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import type { Engine } from '../../../src/bus/engine.ts';
import { type DropReason, noEnds } from '../../../src/shard/ends.ts';
import type { EndLedger } from './end-ledger.ts';
import type { HookPlayer } from './hook-player.ts';
import type { Call, ScriptedAdapter } from './scripted-adapter.ts';

export interface View {
  readonly ledger: EndLedger;
  readonly engine: Engine;
  readonly hook: HookPlayer | undefined;
}

const RETRYABLE = ['Transient', 'Backpressure'];

export function checkAdapterView(adapter: ScriptedAdapter, view: View): void {
  for (const shard of view.ledger.accepted.keys()) {
    const calls = adapter.calls.filter((call) => call.batch.shard === shard);
    checkShard(calls, view, { shard, deduplicates: adapter.capabilities.deduplicates === true });
  }
  checkHook(adapter, view);
}

interface Shard {
  readonly shard: number;
  readonly deduplicates: boolean;
}

/** Calls of a shard, attempts of the same batch together. */
function attemptsOf(calls: readonly Call[]): Call[][] {
  const batches: Call[][] = [];
  for (const call of calls) {
    const last = batches.at(-1);
    if (last?.[0]?.batch === call.batch) last.push(call);
    else batches.push([call]);
  }
  return batches;
}

function checkShard(calls: readonly Call[], { ledger, engine }: View, { shard, deduplicates }: Shard): void {
  const { maxEvents } = engine.config.batch;
  const left: number[] = [];
  let next = 0;
  let expected = 0;
  for (const attempts of attemptsOf(calls)) {
    const { batch, sequences, ids } = attempts[0] as Call;
    ok(batch.firstSequence >= next, 'a batch goes back');
    ok(batch.count <= maxEvents && batch.count === sequences.length && batch.count > 0);
    deepStrictEqual(
      sequences,
      Array.from(sequences, (_, nth) => batch.firstSequence + nth),
    );
    strictEqual(batch.lostBefore, batch.firstSequence - expected, `lostBefore of ${shard}/${batch.firstSequence}`);
    next = batch.firstSequence + batch.count;
    for (const [nth, sequence] of sequences.entries()) {
      const id = ledger.idAt(shard, sequence);
      if (id !== undefined) strictEqual(ids[nth], id, `the payload of ${shard}/${sequence}`);
      left.push(sequence);
    }
    const end = ledger.endOf(shard, batch.firstSequence);
    for (const sequence of sequences) strictEqual(ledger.endOf(shard, sequence), end, 'a batch ended in two ways');
    if (end === 'dispatched') {
      ok(attempts.at(-1)?.taken, 'dispatched, and the adapter did not take it');
      expected = next;
    } else checkDrop(attempts, end, deduplicates);
    for (const attempt of attempts.slice(0, -1)) ok(!attempt.taken, 'sent again after it was taken');
  }
  // What never left the ring was evicted, or stranded there.
  const all = ledger.sequences(shard, 'dispatched', 'adapter-rejected', 'retries-exhausted', 'unconfirmed');
  const seen = new Set(left);
  for (const sequence of all) ok(seen.has(sequence), 'an event ended at the adapter that never got there');
  for (const sequence of ledger.sequences(shard, 'evicted')) ok(!seen.has(sequence), 'evicted, and the adapter has it');
}

function checkDrop(attempts: readonly Call[], end: string | undefined, deduplicates: boolean): void {
  if (end === 'stranded') return;
  const { answer, timedOut } = attempts.at(-1) as Call;
  const unknown = attempts.some((attempt) => attempt.timedOut);
  const retryable = RETRYABLE.includes(answer.end);
  let expected: DropReason = retryable ? 'retries-exhausted' : 'adapter-rejected';
  if (unknown) expected = 'unconfirmed';
  strictEqual(end, expected);
  if (!deduplicates) ok(!attempts.slice(0, -1).some((attempt) => attempt.timedOut), 'sent again after a time-out');
  if (!timedOut) strictEqual(answer.end === 'ok', false);
}

function checkHook(adapter: ScriptedAdapter, { ledger, hook }: View): void {
  if (hook === undefined) return;
  const batches = new Set(adapter.calls.map((call) => call.batch));
  const buried = noEnds();
  for (const { batch } of hook.letters) {
    const end = ledger.endOf(batch.shard, batch.firstSequence);
    ok(end !== undefined && end !== 'dispatched' && end !== 'evicted');
    buried[end] += batch.count;
    ok(batches.has(batch as Call['batch']), 'the hook got what the adapter never had');
  }
  for (const batch of batches) {
    const dropped = ledger.endOf(batch.shard, batch.firstSequence) !== 'dispatched';
    const told = hook.letters.some((letter) => letter.batch === batch);
    strictEqual(told, dropped, `the hook and batch ${batch.shard}/${batch.firstSequence}`);
  }
}
