// Texts of any kind in NATS headers, which know lines of printable ASCII. Invariant: what was encoded comes back.

const PLAIN_VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;
const PLAIN_NAME = /^[A-Za-z0-9!#$&'*+.^_`|~-]+$/;
/** Names that mean something to the server or to this format. */
const RESERVED = /^(?:nats-|mb-|status$|description$)/i;

/** A value with percent signs for what a header can't hold. Its inverse is `decodeURIComponent`. */
export function encodeValue(text: string): string {
  return PLAIN_VALUE.test(text) && !text.includes('%') ? text : encodeURIComponent(text);
}

export function decodeValue(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text;
}

/** Whether a header of an event can be a header of its message under its own name. */
export function isPlain(name: string, value: string): boolean {
  return PLAIN_NAME.test(name) && !RESERVED.test(name) && PLAIN_VALUE.test(value);
}
