// Numbers in decimal digits, read from bytes: subjects and acknowledgements come by the thousand, and text costs more.

const ZERO = 0x30;

/** The number that the digits from `start` to before `end` stand for. Nothing but digits may stand there. */
export function decimalAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + ((bytes[at] as number) - ZERO);
  return value;
}

/** Where the digits from `start` on end. */
export function digitsEnd(bytes: Uint8Array, start: number): number {
  let end = start;
  while (isDigit(bytes[end])) end += 1;
  return end;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9;
}
