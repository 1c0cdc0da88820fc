// What one event costs one receiving node: meshes of different sizes in which each node has the same number of neighbours.
// Nodes form a ring; one of them writes, and the one that is farthest from it is measured once all links are quiet.
import { ModelDisk } from './model-disk.ts';
import { type LinkEnd, ModelLink } from './model-link.ts';
import { ModelNode } from './model-node.ts';
import { VirtualTime } from './virtual-time.ts';

const EVENTS = 100;
const WRITE_EVERY_MS = 20;
const DELAY_MS = 1;
const SETTLE_MS = 5000;
const SHARD = 0;

/** What one node had to do for each event, in the mean. */
export interface CostOfEvent {
  readonly nodes: number;
  /** Messages and their bytes that came over all links of the node. */
  readonly messages: number;
  readonly bytes: number;
  /** Appends to its store and reads of it. */
  readonly storeCalls: number;
}

export async function costOfEvent(nodes: number): Promise<CostOfEvent> {
  const time = new VirtualTime();
  const sum = { messages: 0, bytes: 0, storeCalls: 0 };
  const measured = Math.floor(nodes / 2);
  const ring: ModelNode[] = [];
  for (let nth = 0; nth < nodes; nth += 1) ring.push(await open(time, nth, nth === measured ? sum : undefined));
  ring.forEach((node, nth) => {
    const next = (nth + 1) % nodes;
    const ends = [endOf(node, nth === measured ? sum : undefined)];
    ends.push(endOf(ring[next] as ModelNode, next === measured ? sum : undefined));
    new ModelLink(ends[0] as LinkEnd, ends[1] as LinkEnd, {
      time,
      delayMs: () => DELAY_MS,
      windowBytes: 100_000,
      onBreach,
    });
  });
  const writer = ring[0] as ModelNode;
  await writer.write(SHARD, 1, 0);
  await time.runTo(time.nowMs + SETTLE_MS);
  Object.assign(sum, { messages: 0, bytes: 0, storeCalls: 0 });
  for (let nth = 0; nth < EVENTS; nth += 1) {
    await writer.write(SHARD, 1, 0);
    await time.runTo(time.nowMs + WRITE_EVERY_MS);
  }
  await time.runTo(time.nowMs + SETTLE_MS);
  const has = (ring[measured] as ModelNode).store.stream(SHARD, writer.producer)?.to;
  if (has !== EVENTS + 1) throw new Error(`The node has ${has} of ${EVENTS + 1} events.`);
  for (const node of ring) node.kill();
  const { messages, bytes, storeCalls } = sum;
  return { nodes, messages: messages / EVENTS, bytes: bytes / EVENTS, storeCalls: storeCalls / EVENTS };
}

interface Sum {
  messages: number;
  bytes: number;
  storeCalls: number;
}

function open(time: VirtualTime, nth: number, sum: Sum | undefined): Promise<ModelNode> {
  const onCall = (): void => {
    if (sum !== undefined) sum.storeCalls += 1;
  };
  return ModelNode.open(new ModelDisk(), {
    time,
    producer: `n${nth}`,
    receives: true,
    forgetAfterMs: 1_000_000,
    maxEvents: 100_000,
    appendDelay: undefined,
    onCall,
    report: ({ message, cause }) => {
      throw new Error(message, { cause });
    },
  });
}

/** An end of a link that counts what comes. */
function endOf({ node, self }: ModelNode, sum: Sum | undefined): LinkEnd {
  const listener: LinkEnd['listener'] = {
    onUp: (link) => node.onUp(link),
    onWritable: (link) => node.onWritable(link),
    onDown: (link) => node.onDown(link),
    onMessage: (link, message) => {
      if (sum !== undefined) {
        sum.messages += 1;
        sum.bytes += message.length;
      }
      node.onMessage(link, message);
    },
  };
  return { listener, self };
}

function onBreach(reason: string): void {
  throw new Error(reason);
}
