// The build refuses a kernel with state outside its memory. The modules are written by hand, byte by byte.
import { expect, test } from 'vitest';
import { statefulSections } from '../../../scripts/stateful-sections.mjs';
import { KERNEL_BASE64 } from '../../../src/kernel/binary.ts';

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const TYPE = [1, 4, 1, 0x60, 0, 0]; // one type: () -> ()
const FUNCTION = [3, 2, 1, 0];
const MEMORY = [5, 3, 1, 0, 1];
const START = [8, 1, 0];
const CODE = [10, 4, 1, 2, 0, 0x0b];
const DATA = [11, 7, 1, 0, 0x41, 0, 0x0b, 1, 0xff];
const I32 = 0x7f;
const I64 = 0x7e;
const F64 = 0x7c;
const CONST_GLOBAL = [I32, 0, 0x41, 0x80, 0x01, 0x0b];

/** A global section around its globals. */
function globals(...each: number[][]): number[] {
  const body = [each.length, ...each.flat()];
  return [6, body.length, ...body];
}

function moduleOf(...sections: number[][]): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from([...HEADER, ...sections.flat()]);
  new WebAssembly.Module(bytes); // throws unless the bytes are a valid module
  return bytes;
}

test('finds nothing in a module without state', () => {
  expect(statefulSections(moduleOf(TYPE, FUNCTION, MEMORY, globals(CONST_GLOBAL), CODE))).toEqual([]);
});

test('finds a data segment', () => {
  expect(statefulSections(moduleOf(MEMORY, DATA))).toEqual(['a data segment']);
});

test('finds a start function', () => {
  expect(statefulSections(moduleOf(TYPE, FUNCTION, START, CODE))).toEqual(['a start function']);
});

test('finds a mutable global behind constant ones of every kind', () => {
  const long = [I64, 0, 0x42, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0b];
  const double = [F64, 0, 0x44, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b];
  const mutable = [I32, 1, 0x41, 0, 0x0b];
  expect(statefulSections(moduleOf(globals(CONST_GLOBAL, long, double, mutable)))).toEqual(['a mutable global']);
});

test('finds all of them at once', () => {
  const mutable = [I32, 1, 0x41, 0, 0x0b];
  const module = moduleOf(TYPE, FUNCTION, MEMORY, globals(mutable, mutable), START, CODE, DATA);
  expect(statefulSections(module).sort()).toEqual([
    'a data segment',
    'a mutable global',
    'a mutable global',
    'a start function',
  ]);
});

test('the kernel that is shipped keeps no state outside its memory', () => {
  expect(statefulSections(Buffer.from(KERNEL_BASE64, 'base64'))).toEqual([]);
});
