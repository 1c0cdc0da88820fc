// Compiles kernel/ to wasm, checks that it keeps its state in memory alone, and embeds it in src/kernel/binary.ts.
// A data segment, a start function or a mutable global would reset or split live state when a second thread
// instantiates the kernel over the same memory.
import { writeFileSync } from 'node:fs';
import { main } from 'assemblyscript/asc';

const { error, stderr, binary } = await compile();
if (error) {
  console.error(stderr);
  process.exit(1);
}
const faults = statefulSections(binary);
if (faults.length > 0) {
  console.error(`kernel: ${faults.join(', ')}: state must lie in the shared memory`);
  process.exit(1);
}
writeFileSync(
  new URL('../src/kernel/binary.ts', import.meta.url),
  `// Made by scripts/build-kernel.mjs from kernel/, ${binary.length} bytes.\nexport const KERNEL_BASE64 =\n  '${Buffer.from(binary).toString('base64')}';\n`,
);
console.log(`kernel: ${binary.length} bytes`);

async function compile() {
  let binary;
  const { error, stderr } = await main(
    [
      'kernel/kernel.ts', '--outFile', 'kernel.wasm', '--runtime', 'stub', '-O3', '--converge', '--noAssert',
      '--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536',
      '--enable', 'threads', '--enable', 'simd', '--enable', 'bulk-memory', '--lowMemoryLimit', '0',
    ],
    { writeFile: (_name, contents) => { binary = contents; } },
  );
  return { error, stderr: String(stderr), binary };
}

/** Names each section of the module that holds state of its own. */
export function statefulSections(bytes) {
  const faults = [];
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const end = number() + at;
    if (id === 8) faults.push('a start function');
    if (id === 11 && number() > 0) faults.push('a data segment');
    if (id === 6) {
      for (let count = number(); count > 0; count -= 1) {
        at += 1;
        if (bytes[at++] === 1) faults.push('a mutable global');
        at += 1; // the opcode of a constant
        number();
        at += 1; // end
      }
    }
    at = end;
  }
  return faults;
}
