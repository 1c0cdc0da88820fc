// Checks the shape of the source: imports point one way, no cycles, sizes, headers, and only what the house style
// allows. Called by scripts/check-layers.mjs for the package, and by its test for trees made to be wrong.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { cyclesOf } from './cycles.mjs';
import { layerFault, packageFault } from './layers.mjs';
import { parseSource } from './parse.mjs';

const MOST_LINES = 400;
const MOST_FUNCTION_LINES = 50;
const FOLDERS = ['src', 'test', 'bench', 'examples', 'scripts', 'kernel'];
const GENERATED = 'src/kernel/binary.ts';

/** Every fault of a package, with the path it lies in, and how many source files were read. */
export function checkStructure(root) {
  const faults = [];
  const graph = new Map();
  const paths = filesIn(root, 'src').filter((path) => path.endsWith('.ts') && path !== GENERATED);
  for (const path of paths) {
    const targets = [];
    for (const fault of sourceFaults(root, path, targets)) faults.push(`${path}: ${fault}`);
    graph.set(path, targets);
  }
  for (const path of FOLDERS.flatMap((folder) => filesIn(root, folder))) {
    if (!/\.(ts|mts|mjs|cjs|js)$/.test(path) || path === GENERATED) continue;
    const lines = readFileSync(join(root, path), 'utf8').split('\n').length - 1;
    if (lines > MOST_LINES) faults.push(`${path}: ${lines} lines, at most ${MOST_LINES}`);
  }
  for (const cycle of cyclesOf(graph)) faults.push(`${cycle[0]}: a cycle of imports: ${cycle.join(' -> ')}`);
  return { files: paths.length, faults };
}

/** What is wrong in one source file; adds the files that it imports at run time to `targets`. */
function* sourceFaults(root, path, targets) {
  const text = readFileSync(join(root, path), 'utf8');
  const source = parseSource(path, text);
  if (!text.startsWith('// ')) yield 'has no header that says what it owns';
  yield* source.faults;
  for (const { name, lines } of source.functions) {
    if (lines > MOST_FUNCTION_LINES) yield `${name} has ${lines} lines, at most ${MOST_FUNCTION_LINES}`;
  }
  for (const { specifier, isTypeOnly } of source.imports) {
    if (!specifier.startsWith('.')) {
      const fault = packageFault(path, specifier);
      if (fault !== undefined) yield fault;
      continue;
    }
    const target = slashed(relative(root, resolve(root, path, '..', specifier)));
    if (!target.endsWith('.ts')) yield `${specifier} lacks its extension .ts`;
    const fault = layerFault(path, target);
    if (fault !== undefined) yield fault;
    if (!isTypeOnly) targets.push(target);
  }
}

function filesIn(root, folder) {
  if (!statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => slashed(relative(root, join(entry.parentPath, entry.name))))
    .filter((path) => !path.includes('node_modules/'))
    .sort();
}

function slashed(path) {
  return path.split(sep).join('/');
}
