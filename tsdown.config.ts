import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type UserConfig } from 'tsdown';
import manifest from './package.json' with { type: 'json' };

/**
 * The sources say `Uint8Array<ArrayBuffer>` for bytes that are not shared. TypeScript below 5.7 knows no such type, so the
 * published declarations name it through a function that returns it: a plain Uint8Array there, the same type elsewhere.
 * Rewritten after the build, since plugins do not see the declarations of the CommonJS format. The formats end at the same
 * time: each rewrites its own files, in one go.
 */
function suitOlderCompilers(folder: string, ending: string): void {
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(ending)) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    writeFileSync(join(folder, name), text.replaceAll('Uint8Array<ArrayBuffer>', 'ReturnType<typeof Uint8Array.of>'));
  }
}

const shared = {
  logLevel: 'error',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  fixedExtension: true,
  hooks: {
    'build:done': ({ options }) => suitOlderCompilers(options.outDir, options.format === 'cjs' ? '.d.cts' : '.d.mts'),
  },
} satisfies UserConfig;

export default defineConfig([
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      log: 'src/adapters/log/index.ts',
      redis: 'src/adapters/redis/index.ts',
      jetstream: 'src/adapters/jetstream/index.ts',
      net: 'src/adapters/net/index.ts',
      testing: 'src/testing/index.ts',
    },
    format: ['esm', 'cjs'],
    dts: true,
    clean: true,
  },
  {
    // The command is a program, not an API: one ES module of its own, without declarations.
    ...shared,
    entry: { cli: 'src/cli/main.ts' },
    format: ['esm'],
    dts: false,
    clean: false,
    banner: '#!/usr/bin/env node',
    define: { MESHBUS_VERSION: JSON.stringify(manifest.version) },
  },
]);
