import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'tsdown';

/**
 * The sources say `Uint8Array<ArrayBuffer>` for bytes that are not shared. TypeScript below 5.7 knows no such type, so the
 * published declarations name it through a function that returns it: a plain Uint8Array there, the same type elsewhere.
 * Rewritten after the build, since plugins do not see the declarations of the CommonJS format.
 */
async function suitOlderCompilers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/\.d\.[cm]ts$/.test(name)) continue;
    const text = await readFile(join(folder, name), 'utf8');
    await writeFile(join(folder, name), text.replaceAll('Uint8Array<ArrayBuffer>', 'ReturnType<typeof Uint8Array.of>'));
  }
}

export default defineConfig({
  entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20.19',
  dts: true,
  sourcemap: true,
  fixedExtension: true,
  clean: true,
  hooks: { 'build:done': ({ options }) => suitOlderCompilers(options.outDir) },
});
