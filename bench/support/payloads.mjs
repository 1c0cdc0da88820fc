// 10,000 distinct payloads, so that nothing is measured on one lucky cache line: of 64 bytes, or of 2 to 4,096.
// The generator is seeded: every run measures the same bytes.

export const COUNT = 10_000;

export function fixedPayloads(bytes = 64) {
  return Array.from({ length: COUNT }, (_, index) => filled(`{"n":${index},"t":"`, bytes));
}

export function mixedPayloads() {
  const random = mulberry32(42);
  return Array.from({ length: COUNT }, (_, index) => {
    const bytes = Math.round(2 ** (1 + random() * 11));
    return bytes < 32 ? filled(`${index}`, bytes) : filled(`{"n":${index},"t":"`, bytes);
  });
}

/** Objects whose JSON has about 90 characters. */
export function objects() {
  return Array.from({ length: COUNT }, (_, index) => ({
    session: `s-${index % 97}`,
    index,
    token: ` word${index % 1000}`,
    model: 'demo-1',
    logprob: -0.25,
    atMs: 1_767_225_600_000 + index,
  }));
}

function filled(start, bytes) {
  const text =
    start.length + 2 <= bytes ? `${start.padEnd(bytes - 2, 'x')}"}` : start.padEnd(bytes, '0').slice(0, bytes);
  return new Uint8Array(Buffer.from(text));
}

export function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
