// Field case 8: keys such as __proto__ disappear or change a prototype when objects are copied by assignment.
import { expect, test } from 'vitest';
import { runInOwnProcess } from '../support/own-process.ts';

const PROGRAM = `
  import assert from 'node:assert/strict';
  import { EventBus, Filter, memory } from './src/index.ts';
  const value = JSON.parse('{"__proto__":{"admin":true},"constructor":1}');
  const headers = JSON.parse('{"__proto__":"x","toString":"y"}');
  const options = { key: '__proto__', headers };
  for (const backpressure of ['drop-newest', 'drop-oldest', 'block', { sample: 2 }]) {
    const bus = await EventBus.create({ adapter: memory(), backpressure });
    await bus.ingest(value, options);
    await bus.ingestRaw(JSON.stringify(value), options);
    await bus.ingestBatch([value], options);
    await bus.flush();
    const { events } = await bus.poll({ limit: 10, filter: Filter.eq('constructor', 1) });
    assert.equal(events.length, 3);
    for (const event of events) {
      assert.equal(event.text(), '{"__proto__":{"admin":true},"constructor":1}');
      assert.equal(JSON.stringify(event.json()), event.text());
      assert.equal(event.key, '__proto__');
      assert.deepEqual(Object.entries(event.headers), [['__proto__', 'x'], ['toString', 'y']]);
    }
    assert.equal((await bus.poll({ limit: 10, filter: { path: '__proto__.admin', value: true } })).events.length, 3);
    assert.equal((await bus.poll({ limit: 10, filter: { path: 'hasOwnProperty', value: 1 } })).events.length, 0);
    JSON.stringify(bus.stats);
    await bus.shutdown();
  }
  assert.equal({}.admin, undefined);
  const wrong = await EventBus.create(JSON.parse('{"__proto__":{"shards":0}}')).catch((error) => error);
  assert.equal(wrong.kind, 'Invalid');
  assert.match(wrong.message, /__proto__/);
  console.log('ok');
`;

const FREEZE = 'data:text/javascript,Object.freeze(Object.prototype)';

test.each([
  ['as it is', []],
  ['without the accessor', ['--disable-proto=throw']],
  ['with an Object.prototype that was frozen before', ['--import', FREEZE]],
])('case 8, G1 keys named as members of Object come back, %s', async (_, nodeArguments) => {
  expect(await runInOwnProcess(PROGRAM, { nodeArguments })).toEqual({ code: 0, stderr: '', stdout: 'ok\n' });
});
