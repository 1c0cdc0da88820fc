// The one place that turns stored payload bytes into text, so that a filter and `json()` agree on what is UTF-8.
// Invariant: text comes back only for valid UTF-8, with nothing put in place of a bad byte and no mark stripped.
import { isUtf8 } from 'node:buffer';

/** What text is read from. A record that can decode without copying its bytes offers `utf8`. */
export interface TextSource {
  readonly bytes: Uint8Array;
  /** The payload as text; undefined when it is not UTF-8. */
  utf8?(): string | undefined;
}

/** The payload as text, or undefined when it is not valid UTF-8. */
export function payloadText(source: TextSource): string | undefined {
  if (typeof source.utf8 === 'function') return source.utf8();
  const { bytes } = source;
  if (!isUtf8(bytes)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
