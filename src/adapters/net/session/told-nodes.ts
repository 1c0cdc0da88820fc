// The message of addresses: which nodes a member is linked with, and where they can be dialled.
import { FieldError, FieldReader, FieldWriter } from './fields.ts';
import { readAddresses } from './hello.ts';
import { ADDRESSES, MAX_ADDRESSES, MAX_NODE_ID_BYTES, MAX_TOLD_NODES } from './layout.ts';

/** A node that a member knows of. */
export interface ToldNode {
  readonly nodeId: string;
  readonly addresses: readonly string[];
}

/** The message that tells of some nodes, of so many as fit. */
export function addressesMessage(nodes: readonly ToldNode[]): Uint8Array {
  const told = nodes.slice(0, MAX_TOLD_NODES);
  const writer = new FieldWriter().u8(ADDRESSES).u8(told.length);
  for (const node of told) {
    const addresses = node.addresses.slice(0, MAX_ADDRESSES);
    writer.u16(Buffer.byteLength(node.nodeId)).text(node.nodeId).u8(addresses.length);
    for (const address of addresses) writer.u16(Buffer.byteLength(address)).text(address);
  }
  return writer.bytes();
}

/** What was told. @throws FieldError when the message keeps no layout */
export function readToldNodes(message: Uint8Array): readonly ToldNode[] {
  const reader = new FieldReader(message, 1);
  const count = reader.u8();
  if (count > MAX_TOLD_NODES) throw new FieldError(`${count} nodes where ${MAX_TOLD_NODES} are allowed`);
  return Array.from({ length: count }, () => {
    const nodeId = reader.text(reader.u16(), MAX_NODE_ID_BYTES);
    return { nodeId, addresses: readAddresses(reader) };
  });
}
