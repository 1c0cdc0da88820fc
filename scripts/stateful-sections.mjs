// Finds in a wasm module what holds state of its own: a data segment, a start function, a mutable global. Any of
// them would reset or split live state when a second thread instantiates the kernel over the same memory.

const GLOBAL = 6;
const START = 8;
const DATA = 11;
const OPCODES_OF_CONSTANTS = { 65: 'leb', 66: 'leb', 67: 4, 68: 8, 35: 'leb' };
const END = 0x0b;
const MUTABLE = 1;

/** Names each section of the module that holds state of its own; an empty list when there is none. */
export function statefulSections(bytes) {
  const reader = readerOf(bytes, 8);
  const faults = [];
  while (reader.at < bytes.length) {
    const section = bytes[reader.at++];
    const end = reader.number() + reader.at;
    if (section === START) faults.push('a start function');
    if (section === DATA && reader.number() > 0) faults.push('a data segment');
    if (section === GLOBAL) faults.push(...mutableGlobals(reader, bytes));
    reader.at = end;
  }
  return faults;
}

function mutableGlobals(reader, bytes) {
  const faults = [];
  for (let count = reader.number(); count > 0; count -= 1) {
    reader.at += 1;
    if (bytes[reader.at++] === MUTABLE) faults.push('a mutable global');
    while (bytes[reader.at] !== END) skipConstant(reader, bytes);
    reader.at += 1;
  }
  return faults;
}

function skipConstant(reader, bytes) {
  const opcode = bytes[reader.at++];
  const operand = OPCODES_OF_CONSTANTS[opcode];
  if (operand === undefined) throw new Error(`opcode 0x${opcode?.toString(16)} in a constant is unknown`);
  if (operand === 'leb') reader.number();
  else reader.at += operand;
}

function readerOf(bytes, start) {
  return {
    at: start,
    /** The next LEB128 number; signed ones are read for their length alone. */
    number() {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[this.at++];
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    },
  };
}
