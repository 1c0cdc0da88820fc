// Single messages of the stream, by their place or as the last of a subject.
import type { Connection } from './connection.ts';
import { whole } from './raw-message.ts';
import { type ApiFault, MESSAGE_NOT_FOUND } from './store-error.ts';
import type { StoredMessage } from './stored-message.ts';

interface Answer {
  readonly message: { readonly seq: number; readonly hdrs?: string; readonly data?: string };
}

/** The newest message of a subject, which may hold wildcards. @throws AdapterError */
export function lastMessage(
  connection: Connection,
  stream: string,
  subject: string,
): Promise<StoredMessage | undefined> {
  return get(connection, stream, { last_by_subj: subject });
}

/** The first message of a subject at or after a stream sequence. @throws AdapterError */
export function nextMessage(
  connection: Connection,
  stream: string,
  { subject, streamSeq }: { readonly subject: string; readonly streamSeq: number },
): Promise<StoredMessage | undefined> {
  return get(connection, stream, { seq: Math.max(1, streamSeq), next_by_subj: subject });
}

async function get(connection: Connection, stream: string, body: unknown): Promise<StoredMessage | undefined> {
  let answer: Answer;
  try {
    answer = await connection.request<Answer>(`STREAM.MSG.GET.${stream}`, body);
  } catch (error) {
    const { fault } = error as { readonly fault?: ApiFault };
    if (fault?.err_code === MESSAGE_NOT_FOUND) return undefined;
    throw error;
  }
  const { seq, hdrs = '', data = '' } = answer.message;
  return { streamSeq: seq, headers: whole(Buffer.from(hdrs, 'base64')), data: Buffer.from(data, 'base64') };
}
