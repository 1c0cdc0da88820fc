// Compiles kernel/ to wasm, checks that it keeps its state in memory alone, and embeds it in src/kernel/binary.ts.
// The output is written only when it changed, so that watchers and builds side by side are left in peace.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { main } from 'assemblyscript/asc';
import { statefulSections } from './stateful-sections.mjs';

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
const file = new URL('../src/kernel/binary.ts', import.meta.url);
const text = [
  `// Made by scripts/build-kernel.mjs from kernel/, ${binary.length} bytes.`,
  `export const KERNEL_BASE64 =\n  '${Buffer.from(binary).toString('base64')}';\n`,
].join('\n');
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
console.log(`kernel: ${binary.length} bytes`);

async function compile() {
  let binary;
  const { error, stderr } = await main(
    [
      'kernel/kernel.ts',
      '--outFile',
      'kernel.wasm',
      '--runtime',
      'stub',
      '-O3',
      '--converge',
      '--noAssert',
      '--importMemory',
      '--sharedMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
      '--enable',
      'threads',
      '--enable',
      'simd',
      '--enable',
      'bulk-memory',
      '--lowMemoryLimit',
      '0',
    ],
    {
      writeFile: (_name, contents) => {
        binary = contents;
      },
    },
  );
  return { error, stderr: String(stderr), binary };
}
