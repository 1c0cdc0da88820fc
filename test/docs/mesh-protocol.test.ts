// docs/reference/mesh-protocol.md tells what goes over the wire: each message, read by the page alone, says what went in.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROTOCOL } from '../../src/adapters/net/link/tls-sockets.ts';
import { MAX_MESSAGE_BYTES } from '../../src/adapters/net/peer-link.ts';
import { encodeFrameHead, encodeMessage, MAX_STREAM_SHARD } from '../../src/adapters/net/protocol/messages.ts';
import { byeMessage, readBye } from '../../src/adapters/net/session/ending.ts';
import { FieldWriter } from '../../src/adapters/net/session/fields.ts';
import { askMessage, figuresMessage } from '../../src/adapters/net/session/figures-messages.ts';
import { helloMessage, OWN_VERSION, versionText } from '../../src/adapters/net/session/hello.ts';
import * as layout from '../../src/adapters/net/session/layout.ts';
import { addressesMessage } from '../../src/adapters/net/session/told-nodes.ts';
import { BatchMaker } from '../../src/testing/batch-maker.ts';
import { bare, tableRows } from './support/markdown-table.ts';
import { MessageByPage } from './support/message-by-page.ts';

const PAGE = 'docs/reference/mesh-protocol.md';
const rows = tableRows(PAGE);
const messages = rows.filter((row) => row.section === 'Messages');
const { frame } = new BatchMaker({ producer: 'p-1' }).batch(3, ['one']);
const addresses = ['a:1', '[::1]:2'];
const nodes = [{ nodeId: 'n-1', addresses }];
const told = addresses.map((address) => ({ address }));
const hello = { ...OWN_VERSION, mesh: 'm', nodeId: 'n-2', receives: true, durable: true, addresses };
const stream = { shard: 7, producer: 'p-1', newestMs: 1_767_225_600_000 };

/** Each message as the code writes it, and what it says. */
const SAMPLES: Record<string, readonly [Uint8Array, Record<string, unknown>]> = {
  hello: [
    helloMessage({ ...hello, maxMessageBytes: 70_000, windowBytes: 80_000 }),
    {
      ...{ magic: Buffer.from('MBL1').readUInt32LE(), major: layout.MAJOR, minor: layout.MINOR, flags: 3 },
      ...{ 'longest message': 70_000, window: 80_000, mesh: 'm', node: 'n-2', addresses: told },
    },
  ],
  welcome: [new FieldWriter().u8(layout.WELCOME).f64(12).bytes(), { order: 12 }],
  bye: [byeMessage('version', 'no'), { code: 1, text: Buffer.from('no') }],
  ping: [new FieldWriter().u8(layout.PING).f64(0.5).bytes(), { number: 0.5 }],
  pong: [new FieldWriter().u8(layout.PONG).f64(0.5).bytes(), { number: 0.5 }],
  window: [
    new FieldWriter()
      .u8(layout.WINDOW)
      .f64(2 ** 40)
      .bytes(),
    { bytes: 2 ** 40 },
  ],
  addresses: [addressesMessage(nodes), { nodes: [{ node: 'n-1', addresses: told }] }],
  ask: [askMessage(), {}],
  figures: [figuresMessage({ a: 1 }), { json: Buffer.from('{"a":1}') }],
  ranges: [
    encodeMessage({
      kind: 'ranges',
      entries: [
        { number: 300, from: 5, to: 2 ** 40, introduces: stream },
        { number: 1, from: 0, to: 0 },
      ],
    }),
    {
      streams: [
        { number: 300, flags: 1, shard: 7, producer: 'p-1', newest: stream.newestMs, from: 5, length: 2 ** 40 - 5 },
        { number: 1, flags: 0, from: 0, length: 0 },
      ],
    },
  ],
  take: [encodeMessage({ kind: 'take', entries: [{ number: 2, next: 9 }] }), { streams: [{ number: 2, next: 9 }] }],
  leave: [encodeMessage({ kind: 'leave', numbers: [4, 5] }), { streams: [{ number: 4 }, { number: 5 }] }],
  frame: [
    Buffer.concat([encodeFrameHead({ number: 1, after: 300, lost: 2 }), frame]),
    { number: 1, after: 300, lost: 2, frame: Buffer.from(frame) },
  ],
  cover: [
    encodeMessage({
      kind: 'cover',
      cover: { shard: 7, child: 'p-2', entries: [{ producer: 'p-1', end: 9, hasCover: true }] },
    }),
    { shard: 7, child: 'p-2', streams: [{ producer: 'p-1', end: 9, flags: 1 }] },
  ],
  sync: [encodeMessage({ kind: 'sync', token: 17 }), { token: 17 }],
  synced: [encodeMessage({ kind: 'synced', token: 17 }), { token: 17 }],
};

test('the table of messages names each one that the code writes, by its type', () => {
  const written = Object.entries(SAMPLES).map(([name, [bytes]]) => [name, bytes[0]]);
  expect(messages.map((row) => [row.Message, Number(row.Type)])).toEqual(written);
});

test.each(Object.entries(SAMPLES))('%s has the fields that the page tells of, and no more', (name, [bytes, says]) => {
  const fields = rows.filter((row) => row.section === name && row.Field !== undefined);
  expect(new MessageByPage(bytes).read(fields)).toEqual(says);
});

test('the page names every code of a bye, in order', () => {
  const codes = rows.filter((row) => row.Code !== undefined).map((row) => [Number(row.Code), bare(row.Name)]);
  expect(codes.map(([code]) => code)).toEqual(codes.map((_, nth) => nth));
  for (const [code, name] of codes) {
    expect(readBye(new Uint8Array([layout.BYE, Number(code)]))).toMatchObject({ code: name });
  }
  const next = readBye(new Uint8Array([layout.BYE, codes.length]));
  expect(next.code).toBe('shutdown');
});

test('the page tells the limits and the version of the code', () => {
  const constants: Record<string, number> = { ...layout, MAX_MESSAGE_BYTES, MAX_STREAM_SHARD };
  const limits = rows.filter((row) => row.Constant !== undefined);
  for (const { Constant, Value } of limits) {
    expect([Constant, constants[bare(Constant)]]).toEqual([Constant, Number(Value?.replaceAll(',', ''))]);
  }
  const named = limits.map((row) => bare(row.Constant));
  expect(Object.keys(constants).filter((name) => name.startsWith('MAX_') && !named.includes(name))).toEqual([]);
  const text = readFileSync(PAGE, 'utf8');
  expect(text).toContain(`describes version ${versionText(OWN_VERSION)}.`);
  expect(text).toContain(`The ALPN name is \`${PROTOCOL}\``);
});
