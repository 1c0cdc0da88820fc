// Cycles among imports that exist at run time. Imports of types alone are erased and can't close a cycle.

/** Each cycle once, as the files along it with the first repeated at the end. */
export function cyclesOf(graph) {
  const done = new Set();
  const trail = [];
  const cycles = [];
  const visit = (file) => {
    const start = trail.indexOf(file);
    if (start !== -1) cycles.push([...trail.slice(start), file]);
    if (start !== -1 || done.has(file)) return;
    trail.push(file);
    for (const target of graph.get(file) ?? []) visit(target);
    trail.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}
