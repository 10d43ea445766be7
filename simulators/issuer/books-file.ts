// The books on disk: one JSON array per line, appended before the answer leaves, read again at start.
//
//   {"books":1,"id":"<8 hex>","salt":"<64 hex>"}                        first line
//   ["e",kind,mti,key,originalKey,...]                                 an entry, in the order of `encodeEntry`
//   ["c",fileId,settlementDate,createdMs,[fault...],format]            a cut-over
//
// A line counts when its line feed is there: a torn last line was never answered and is cut off.
import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { FileFault } from '../settlement/file-faults.ts';
import type { FileFormat } from '../settlement/formats.ts';
import type { Entry } from './books.ts';
import type { RequestKind } from './request.ts';

/** A cut-over in the books. */
export interface CutOver {
  readonly fileId: string;
  /** YYYY-MM-DD. */
  readonly settlementDate: string;
  readonly createdMs: number;
  /** What its file shall get wrong. */
  readonly faults: readonly FileFault[];
  /** How its file is written; absent: csv. */
  readonly format?: FileFormat;
}

/** What reads the lines of a file at start. */
export interface BooksReader {
  entry(entry: Entry): void;
  cutOver(cutOver: CutOver): void;
}

/** Bytes read at a time. */
const chunkBytes = 1024 * 1024;

/** Thrown when a line other than a torn last one cannot be read: the books are the truth, so nothing is guessed. */
export class BooksFileError extends Error {
  override readonly name = 'BooksFileError';
}

/** The line of an entry. Only names come from outside; all else is digits and our own words, which JSON takes as they are. */
export function encodeEntry(e: Entry): string {
  const pin = e.wrongPin === undefined ? '' : e.wrongPin ? 'wrong' : 'right';
  return `["e","${e.kind}","${e.mti}",${quote(e.key)},${quote(e.originalKey)},${e.atMs},"${e.account}","${e.fingerprint}","${e.maskedPan}","${e.amountMinor}","${e.approvedMinor}","${e.currency}","${e.replacementMinor ?? ''}","${e.de39}",${quote(e.authCode)},${quote(e.rrn)},"${e.stan}","${e.de7}",${quote(e.terminal)},${quote(e.acceptor)},"${e.results}","${pin}","${e.rule}","${e.fault}"]\n`;
}

function quote(text: string): string {
  return /^[0-9A-Za-z ]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}

function decodeEntry(line: readonly unknown[]): Entry {
  const text = (index: number): string => {
    const value = line[index];
    if (typeof value !== 'string') throw new BooksFileError('a value is not text');
    return value;
  };
  const pin = text(21);
  return {
    kind: text(1) as RequestKind,
    mti: text(2),
    key: text(3),
    originalKey: text(4),
    atMs: Number(line[5]),
    account: text(6),
    fingerprint: text(7),
    maskedPan: text(8),
    amountMinor: BigInt(text(9)),
    approvedMinor: BigInt(text(10)),
    currency: text(11),
    replacementMinor: text(12) === '' ? undefined : BigInt(text(12)),
    de39: text(13),
    authCode: text(14),
    rrn: text(15),
    stan: text(16),
    de7: text(17),
    terminal: text(18),
    acceptor: text(19),
    results: text(20),
    wrongPin: pin === '' ? undefined : pin === 'wrong',
    rule: text(22),
    fault: text(23),
  };
}

/** The open file. Appends gather and are written by `flush` in one call. */
export class BooksFile {
  /** Tells these books from others of the same network. */
  readonly id: string;
  /** Key of the card fingerprints. */
  readonly salt: string;
  private readonly descriptor: number;
  private waiting = '';

  private constructor(descriptor: number, id: string, salt: string) {
    this.descriptor = descriptor;
    this.id = id;
    this.salt = salt;
  }

  /** Opens or makes the file; every whole line goes to `reader`, in order. */
  static open(path: string, reader: BooksReader): BooksFile {
    const descriptor = openSync(path, 'a+', 0o600);
    let header: { id: string; salt: string } | undefined;
    let lineNumber = 0;
    const goodBytes = readLines(descriptor, (line) => {
      lineNumber += 1;
      try {
        if (header === undefined) header = readHeader(line);
        else readLine(line, reader);
      } catch (error) {
        closeSync(descriptor);
        throw new BooksFileError(`line ${lineNumber} of the books cannot be read`, { cause: error });
      }
    });
    ftruncateSync(descriptor, goodBytes);
    if (header !== undefined) return new BooksFile(descriptor, header.id, header.salt);
    const made = { id: randomBytes(4).toString('hex'), salt: randomBytes(32).toString('hex') };
    const file = new BooksFile(descriptor, made.id, made.salt);
    file.waiting = `${JSON.stringify({ books: 1, ...made })}\n`;
    file.flush();
    return file;
  }

  /** Adds an entry to what the next flush writes. */
  entry(entry: Entry): void {
    this.waiting += encodeEntry(entry);
  }

  /** Adds a cut-over to what the next flush writes. */
  cutOver(cutOver: CutOver): void {
    this.waiting += `${JSON.stringify(['c', cutOver.fileId, cutOver.settlementDate, cutOver.createdMs, cutOver.faults, cutOver.format ?? 'csv'])}\n`;
  }

  /** Gives what waits to the operating system: after it, the end of this process loses nothing. Throws when the disk refuses. */
  flush(): void {
    if (this.waiting === '') return;
    const bytes = Buffer.from(this.waiting, 'utf8');
    this.waiting = '';
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
  }

  close(): void {
    this.flush();
    closeSync(this.descriptor);
  }
}

function readHeader(line: string): { id: string; salt: string } {
  const { books, id, salt } = JSON.parse(line) as Record<string, unknown>;
  if (books !== 1 || typeof id !== 'string' || typeof salt !== 'string')
    throw new BooksFileError('not books of version 1');
  return { id, salt };
}

function readLine(line: string, reader: BooksReader): void {
  const values = JSON.parse(line) as readonly unknown[];
  if (values[0] === 'e') reader.entry(decodeEntry(values));
  else if (values[0] === 'c')
    reader.cutOver({
      fileId: String(values[1]),
      settlementDate: String(values[2]),
      createdMs: Number(values[3]),
      faults: Array.isArray(values[4]) ? (values[4] as FileFault[]) : [],
      format: typeof values[5] === 'string' ? (values[5] as FileFormat) : 'csv',
    });
  else throw new BooksFileError('an unknown line');
}

/** Calls `onLine` for every line that has its line feed; the bytes that they fill. */
function readLines(descriptor: number, onLine: (line: string) => void): number {
  const chunk = Buffer.alloc(chunkBytes);
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  for (;;) {
    const got = readSync(descriptor, chunk, 0, chunkBytes, position);
    if (got === 0) return position - rest.length;
    position += got;
    const bytes = Buffer.concat([rest, chunk.subarray(0, got)]);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      onLine(bytes.toString('utf8', start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
}
