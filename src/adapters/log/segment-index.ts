// The index file beside a segment: its summary, so that opening reads no entries, and its marks. Invariant: it is written
// once what it describes is on disk; it is only a help: a missing or damaged one is made again from the entries.
//
//  0 u32 magic "MBLI" | 4 u32 bytes of the summary | 8 u32 crc32 of the summary | 12 u32 crc32 of the marks
// 16 summary, JSON    | marks, as marks.ts draws them
import { crc32 } from 'node:zlib';
import { type FileSystem, readWhole, replaceFile } from './file-system.ts';
import { Marks } from './marks.ts';
import { Segment, type TagRun } from './segment.ts';

const INDEX_MAGIC = 0x494c424d;
const HEADER_BYTES = 16;
/** What an opening reads of it at most: a summary that is longer is made again from the entries. */
const MOST_SUMMARY_BYTES = 4 * 1024 * 1024;
const MOST_INDEX_BYTES = 64 * 1024 * 1024;

interface Summary {
  readonly salt: number;
  readonly first: number;
  readonly end: number;
  readonly bytes: number;
  readonly events: number;
  readonly oldestStampNs: string;
  readonly newestStampNs: string;
  readonly tags: readonly TagRun[];
  readonly lastSequences: readonly (readonly [string, number])[];
}

/** Where the index of a segment lies. */
export function indexPath(segmentPath: string): string {
  return segmentPath.replace(/\.seg$/, '.idx');
}

/** Says that a sync of a segment has failed, so that bytes which are missing there are a loss that was told. */
export function failurePath(segmentPath: string): string {
  return segmentPath.replace(/\.seg$/, '.failed');
}

/** Writes the index of a segment whose bytes are on disk and whose marks are at hand. */
export async function writeIndex(files: FileSystem, segment: Segment, salt: number): Promise<void> {
  if (segment.marks === undefined) return;
  const { bytes } = segment;
  const { first, end, events, tags } = segment;
  const summary: Summary = {
    salt,
    first,
    end,
    bytes,
    events,
    oldestStampNs: String(segment.oldestStampNs),
    newestStampNs: String(segment.newestStampNs),
    tags,
    lastSequences: [...segment.lastSequences],
  };
  const text = Buffer.from(JSON.stringify(summary));
  const marks = segment.marks.encode();
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32LE(INDEX_MAGIC, 0);
  header.writeUInt32LE(text.length, 4);
  header.writeUInt32LE(crc32(text), 8);
  header.writeUInt32LE(crc32(marks), 12);
  await replaceFile(files, indexPath(segment.path), Buffer.concat([header, text, marks]), { durable: false });
  segment.indexedBytes = bytes;
}

/** The segment as its index describes it, without marks; undefined when there is no index that can be believed. */
export async function readSummary(files: FileSystem, path: string, salt: number): Promise<Segment | undefined> {
  const bytes = await readWhole(files, indexPath(path), MOST_SUMMARY_BYTES);
  const text = bytes === undefined ? undefined : summaryText(bytes);
  if (text === undefined) return undefined;
  const summary = JSON.parse(text.toString()) as Summary; // The checksum says that this code has written it.
  const segment = new Segment(path, summary.first);
  if (summary.salt !== salt) return undefined;
  segment.end = summary.end;
  segment.bytes = summary.bytes;
  segment.events = summary.events;
  segment.oldestStampNs = BigInt(summary.oldestStampNs);
  segment.newestStampNs = BigInt(summary.newestStampNs);
  segment.tags = [...summary.tags];
  for (const [producer, sequence] of summary.lastSequences) segment.lastSequences.set(producer, sequence);
  segment.syncedBytes = summary.bytes;
  segment.indexedBytes = summary.bytes;
  segment.marks = undefined;
  return segment;
}

/** The marks of a segment from its index; undefined when there is none that can be believed. */
export async function readMarks(files: FileSystem, path: string): Promise<Marks | undefined> {
  const bytes = await readWhole(files, indexPath(path), MOST_INDEX_BYTES);
  const text = bytes === undefined ? undefined : summaryText(bytes);
  if (bytes === undefined || text === undefined) return undefined;
  const marks = bytes.subarray(HEADER_BYTES + text.length);
  return crc32(marks) === bytes.readUInt32LE(12) ? Marks.decode(marks) : undefined;
}

function summaryText(bytes: Buffer): Buffer | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readUInt32LE(0) !== INDEX_MAGIC) return undefined;
  const length = bytes.readUInt32LE(4);
  if (length > bytes.length - HEADER_BYTES) return undefined;
  const text = bytes.subarray(HEADER_BYTES, HEADER_BYTES + length);
  return crc32(text) === bytes.readUInt32LE(8) ? text : undefined;
}
