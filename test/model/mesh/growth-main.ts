// `npm run simulate -- growth`: the table of what one event costs a receiving node in meshes of 3 to 300 nodes.
import { costOfEvent } from './growth.ts';

const write = (line: string): void => void process.stdout.write(`${line}\n`);

write('One event at one receiving node; two neighbours each; in the mean of 100 events:');
write('| nodes | messages | bytes | calls of the store |');
write('|---|---|---|---|');
for (const nodes of [3, 10, 30, 100, 300]) {
  const { messages, bytes, storeCalls } = await costOfEvent(nodes);
  write(`| ${nodes} | ${messages.toFixed(2)} | ${bytes.toFixed(1)} | ${storeCalls.toFixed(2)} |`);
}
