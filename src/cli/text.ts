// Numbers and foreign text as the command prints them. Invariant: nothing printed from here can steer a terminal.

const GROUPS = new Intl.NumberFormat('en-US');
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** 1234567 as 1,234,567. */
export function grouped(count: number): string {
  return GROUPS.format(Math.round(count));
}

/** A count with its noun: `1 line`, `2 lines`. */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Bytes in decimal units, three digits or so. */
export function sized(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.5 ? grouped(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Seconds as 0:07 or 1:02:03. */
export function clocked(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Text from outside on one line: control characters as escapes, cut when it is long. */
export function printable(text: string, longest = 300): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (char) => {
    return `\\u${(char.codePointAt(0) as number).toString(16).padStart(4, '0')}`;
  });
}
