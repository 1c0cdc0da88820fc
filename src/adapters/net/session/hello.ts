// The hello: who a node is and what it can take. Invariant: what `readHello` returns has passed every check that needs no
// knowledge of the reader; versions are read before anything that a version may change.
import { FieldError, FieldReader, FieldWriter } from './fields.ts';
import {
  DURABLE,
  HELLO,
  HELLO_MAGIC,
  LEAST_WINDOW_BYTES,
  MAJOR,
  MAX_ADDRESS_BYTES,
  MAX_ADDRESSES,
  MAX_HELLO_BYTES,
  MAX_MESH_BYTES,
  MAX_NODE_ID_BYTES,
  MINOR,
  RECEIVES,
} from './layout.ts';

/** A protocol version. */
export interface Version {
  readonly major: number;
  readonly minor: number;
}

/** What a node says of itself. */
export interface Hello extends Version {
  readonly mesh: string;
  readonly nodeId: string;
  readonly receives: boolean;
  readonly durable: boolean;
  /** Where it can be dialled, `host:port` each. */
  readonly addresses: readonly string[];
  /** The longest message that it takes. */
  readonly maxMessageBytes: number;
  /** Bytes of replication messages that it takes before the first are worked off. */
  readonly windowBytes: number;
}

export const OWN_VERSION: Version = { major: MAJOR, minor: MINOR };

/** Findings show the id of a node as it is. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

/** The message for a hello. */
export function helloMessage(hello: Hello): Uint8Array {
  const flags = (hello.receives ? RECEIVES : 0) | (hello.durable ? DURABLE : 0);
  const writer = new FieldWriter().u8(HELLO).u32(HELLO_MAGIC).u16(hello.major).u16(hello.minor).u8(flags);
  writer.u32(hello.maxMessageBytes).u32(hello.windowBytes);
  writer.u8(Buffer.byteLength(hello.mesh)).text(hello.mesh);
  writer.u16(Buffer.byteLength(hello.nodeId)).text(hello.nodeId);
  const addresses = hello.addresses.slice(0, MAX_ADDRESSES);
  writer.u8(addresses.length);
  for (const address of addresses) writer.u16(Buffer.byteLength(address)).text(address);
  const message = writer.bytes();
  if (message.length > MAX_HELLO_BYTES) throw new RangeError(`a hello of ${message.length} bytes`);
  return message;
}

/** The version alone, which any version can read. @throws FieldError when this is no hello */
export function readVersion(message: Uint8Array): Version {
  const reader = new FieldReader(message, 0);
  if (reader.u8() !== HELLO || reader.u32() !== HELLO_MAGIC) throw new FieldError('no hello of a mesh');
  return { major: reader.u16(), minor: reader.u16() };
}

/** A hello of this major version. @throws FieldError when the message keeps no layout */
export function readHello(message: Uint8Array): Hello {
  const version = readVersion(message);
  const reader = new FieldReader(message, 9);
  const flags = reader.u8();
  const maxMessageBytes = reader.u32();
  const windowBytes = reader.u32();
  const mesh = reader.text(reader.u8(), MAX_MESH_BYTES);
  const nodeId = reader.text(reader.u16(), MAX_NODE_ID_BYTES);
  const addresses = readAddresses(reader);
  if (nodeId === '') throw new FieldError('a node without an id');
  if (UNSHOWABLE.test(nodeId)) throw new FieldError('an id with characters that cannot be shown');
  if (maxMessageBytes < LEAST_WINDOW_BYTES || windowBytes < LEAST_WINDOW_BYTES) {
    throw new FieldError(`limits of ${maxMessageBytes} and ${windowBytes} bytes, the least is ${LEAST_WINDOW_BYTES}`);
  }
  const receives = (flags & RECEIVES) !== 0;
  const durable = (flags & DURABLE) !== 0;
  return { ...version, mesh, nodeId, receives, durable, addresses, maxMessageBytes, windowBytes };
}

/** A count and so many addresses. */
export function readAddresses(reader: FieldReader): readonly string[] {
  const count = reader.u8();
  if (count > MAX_ADDRESSES) throw new FieldError(`${count} addresses of a node where ${MAX_ADDRESSES} are allowed`);
  return Array.from({ length: count }, () => reader.text(reader.u16(), MAX_ADDRESS_BYTES));
}

/** `1.0`, as people write it. */
export function versionText(version: Version): string {
  return `${version.major}.${version.minor}`;
}
