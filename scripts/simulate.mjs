// Runs the simulation of the mesh by itself: `npm run simulate -- [runs] [seed]`, or `npm run simulate -- growth`.
// Two processes share the seeds. Each failure is printed with its seed; MESHBUS_SIMULATE and MESHBUS_SEED say the same.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';

const MOST_PROCESSES = 2;
const PROGRESS_EVERY = 500;

const folder = mkdtempSync(join(tmpdir(), 'meshbus-simulate-'));
try {
  const [what = process.env.MESHBUS_SIMULATE ?? '10000', from = process.env.MESHBUS_SEED] = process.argv.slice(2);
  process.exitCode = what === 'growth' ? await growth() : await simulate(Number(what), Number(from ?? randomSeed()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function growth() {
  return run(await bundled('growth-main'), [], (line) => console.log(line));
}

async function simulate(runs, first) {
  if (!(runs > 0 && Number.isSafeInteger(runs) && Number.isSafeInteger(first))) {
    console.error('npm run simulate -- [runs] [seed]   or   npm run simulate -- growth');
    return 2;
  }
  const file = await bundled('simulate-main');
  const processes = Math.min(MOST_PROCESSES, availableParallelism(), runs);
  const startedAt = Date.now();
  const sum = { runs: 0, failed: 0, readers: 0, givenUp: 0 };
  console.log(`${runs} meshes, seeds ${first} to ${first + runs - 1}, ${processes} processes`);
  const onLine = (line) => {
    const { seed, failure, readers, givenUp } = JSON.parse(line);
    sum.runs += 1;
    sum.readers += readers;
    sum.givenUp += givenUp;
    if (failure !== undefined) {
      sum.failed += 1;
      console.log(`MESHBUS_SEED=${seed}: ${failure}`);
    }
    if (sum.runs % PROGRESS_EVERY === 0) console.log(`${sum.runs} of ${runs}, ${sum.failed} failed`);
  };
  const shares = Array.from({ length: processes }, (_, nth) => [first + nth, processes, first + runs].map(String));
  const codes = await Promise.all(shares.map((args) => run(file, args, onLine)));
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(
    `${sum.runs} meshes in ${seconds} s: ${sum.failed} failed; of ${sum.readers} readers ${sum.givenUp} were told of a gap ` +
      'since nobody knew any more what their cursor relied on',
  );
  return sum.failed > 0 || sum.runs < runs || codes.some((code) => code !== 0) ? 1 : 0;
}

/** Bundles a file of the model, so that Node 20 runs it. */
async function bundled(name) {
  const entry = new URL(`../test/model/mesh/${name}.ts`, import.meta.url).pathname;
  const outfile = join(folder, `${name}.mjs`);
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', sourcemap: 'inline' });
  return outfile;
}

/** Resolves to the exit code. */
function run(file, args, onLine) {
  const child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', onLine);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function randomSeed() {
  return Math.floor(Math.random() * 2 ** 31);
}
