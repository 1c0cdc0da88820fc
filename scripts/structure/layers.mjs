// Which folder of src may import which. A file may import its own folder and every lower level; what is more or less
// than that is listed. kernel/layout.ts is shared by both sides of the kernel and lies below everything.

const LEVELS = [
  ['errors', 'util'],
  ['frame'],
  ['kernel', 'event'],
  ['adapter', 'frame-store', 'adapters', 'shard'],
  ['config', 'consume', 'dispatch', 'ingest', 'scaling'],
  ['bus'],
  ['index.ts'],
  ['testing'],
  ['cli'],
];

/** Imports within a level. */
const BESIDE = new Set([
  'event -> kernel',
  'frame-store -> adapter',
  'adapters -> adapter',
  'adapters -> frame-store',
  'config -> scaling',
]);

/** Folders that may import less than their level: all that they may. */
const ONLY = {
  adapters: ['adapter', 'frame-store', 'event', 'frame', 'errors', 'util'],
  'frame-store': ['adapter', 'event', 'frame', 'errors', 'util'],
};

const SHARED = 'kernel/layout.ts';

/** The one adapter that stands on another: a node without a store keeps its streams in memory. */
const BESIDE_ADAPTERS = new Set(['net -> memory']);

/** Packages that a folder may import beside the modules of Node: optional peers, by how their names begin. */
const CLIENTS = { 'src/adapters/redis/': ['redis'], 'src/adapters/jetstream/': ['@nats-io/'] };

/** What is wrong with an import of a package, undefined when nothing is. */
export function packageFault(from, specifier) {
  if (specifier.startsWith('node:')) return undefined;
  const folder = Object.keys(CLIENTS).find((each) => from.startsWith(each));
  if (CLIENTS[folder]?.some((each) => specifier === each || (each.endsWith('/') && specifier.startsWith(each))))
    return undefined;
  return `imports ${specifier}; only node: modules are allowed`;
}

/** What is wrong with an import from one file to another, undefined when nothing is. */
export function layerFault(from, to) {
  if (to === SHARED) return undefined;
  if (!to.startsWith('src/')) return `imports ${to}, which is not shipped`;
  const [source, target] = [folderOf(from), folderOf(to)];
  const [above, below] = [levelOf(source), levelOf(target)];
  if (above === -1) return `${source} has no place among the layers of scripts/structure/layers.mjs`;
  if (below === -1) return `imports ${target}, which has no place among the layers`;
  if (source === target) return adapterFault(from, to);
  if (source === 'testing' && target === 'bus') return 'imports bus, of which only the public index.ts is allowed';
  if (ONLY[source] !== undefined && !ONLY[source].includes(target)) return `${source} may not import ${target}`;
  if (below < above || BESIDE.has(`${source} -> ${target}`)) return undefined;
  return `${source} may not import ${target}`;
}

/** Adapters know nothing of each other. */
function adapterFault(from, to) {
  const [source, target] = [from.split('/')[2], to.split('/')[2]];
  if (folderOf(from) !== 'adapters' || source === target) return undefined;
  if (BESIDE_ADAPTERS.has(`${source} -> ${target}`)) return undefined;
  return `the adapter ${source} may not import the adapter ${target}`;
}

function folderOf(path) {
  return path.split('/')[1];
}

function levelOf(folder) {
  return LEVELS.findIndex((level) => level.includes(folder));
}
