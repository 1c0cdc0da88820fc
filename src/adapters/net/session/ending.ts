// Why a connection ends, in one word for decisions and a text for people; and the `bye` that tells the other side.
import { FieldReader, FieldWriter } from './fields.ts';
import { BYE, MAX_BYE_TEXT_BYTES } from './layout.ts';

/** The codes of a bye on the wire, in order. A code may be added at the end, never moved. */
const CODES = [
  'shutdown', // the node stops
  'version', // another major version
  'mesh', // a member of another mesh
  'self', // the node has dialled itself
  'other-node', // the dial was meant for another node
  'duplicate', // another connection between the two nodes stays
  'full', // the node has as many peers as it may
  'breach', // the other side broke the protocol
  'penalty', // it broke it a short while ago
  'silent', // nothing came for too long
  'late', // the hello did not come in time
  'stalled', // the other side does not read
] as const;

export type ByeCode = (typeof CODES)[number];

/** `lost`: the connection went away without a word. `refused`: it was never made, or the other side has no key. */
export type EndCode = ByeCode | 'lost' | 'refused';

/** Why a connection has ended. */
export interface Ending {
  readonly code: EndCode;
  /** For people; what the other side wrote is shortened and quoted. */
  readonly text: string;
  /** Whether the other side has said it. */
  readonly byPeer: boolean;
}

/** The message that tells of an ending. */
export function byeMessage(code: ByeCode, text: string): Uint8Array {
  let told = text;
  while (Buffer.byteLength(told) > MAX_BYE_TEXT_BYTES) told = told.slice(0, -1);
  return new FieldWriter().u8(BYE).u8(CODES.indexOf(code)).text(told).bytes();
}

/** What the other side has told. @throws FieldError when the message keeps no layout */
export function readBye(message: Uint8Array): Ending {
  const reader = new FieldReader(message, 1);
  const code = CODES[reader.u8()] ?? 'shutdown'; // A code of a later version: it ends in any case.
  return { code, text: quoted(reader.text(reader.left, MAX_BYE_TEXT_BYTES)), byPeer: true };
}

/** A text from elsewhere, shown without control characters and not at length. */
export function quoted(text: string, longest = MAX_BYE_TEXT_BYTES): string {
  const shown = JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
  return shown.replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?');
}
