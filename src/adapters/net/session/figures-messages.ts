// The two messages by which a member sees the figures of another one. Invariant: what is sent fits the limit.
import { FieldWriter } from './fields.ts';
import { ASK, FIGURES, MAX_CONTROL_BYTES } from './layout.ts';

export function askMessage(): Uint8Array {
  return new FieldWriter().u8(ASK).bytes();
}

/** The figures as JSON; without their lists when these are too long for a message. */
export function figuresMessage(figures: unknown): Uint8Array {
  const message = new FieldWriter().u8(FIGURES).text(JSON.stringify(figures)).bytes();
  if (message.length <= MAX_CONTROL_BYTES) return message;
  const short = JSON.stringify(figures, (_, value) => (Array.isArray(value) ? undefined : value));
  return new FieldWriter().u8(FIGURES).text(short).bytes();
}
