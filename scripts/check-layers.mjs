// Prints every fault in the shape of the source (see structure/check.mjs) and exits with 1 if there is one.
import { checkStructure } from './structure/check.mjs';

const { files, faults } = checkStructure(process.cwd());
for (const fault of faults) console.error(fault);
console.log(`layers: ${files} files, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
