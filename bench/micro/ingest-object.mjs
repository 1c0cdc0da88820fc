// `ingest` of an object, beside JSON.stringify of the same object.
import { EventBus, noop } from 'meshbus';
import { check, interleave, nsPerItem, row } from '../support/measure.mjs';
import { COUNT, objects } from '../support/payloads.mjs';

const EVENTS = 1_000_000;

export async function run({ rounds }) {
  const values = objects();
  const bus = await EventBus.create({ adapter: noop(), backpressure: 'drop-oldest' });
  const times = await interleave(rounds, {
    yardstick: () =>
      nsPerItem(EVENTS, () => {
        let characters = 0;
        for (let index = 0; index < EVENTS; index += 1) characters += JSON.stringify(values[index % COUNT]).length;
        check(characters > EVENTS, 'text');
      }),
    ingest: () =>
      nsPerItem(EVENTS, () => {
        for (let index = 0; index < EVENTS; index += 1) bus.ingest(values[index % COUNT]);
      }),
  });
  const account = await bus.shutdown();
  check(account.eventsIngested === EVENTS * (rounds + 1), 'every object was ingested');
  return [
    row('ingest(object) of about 95 bytes', {
      ns: times.ingest,
      yardstick: 'JSON.stringify',
      yardstickNs: times.yardstick,
      target: 1.6,
    }),
  ];
}
