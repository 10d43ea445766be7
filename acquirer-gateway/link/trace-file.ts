// The trace on disk: capture files that follow each other, the oldest removed. A slow disk costs lines of the trace, never memory or a payment.
import { createWriteStream, mkdirSync, readdirSync, rmSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { traceWaitingBytesMax } from '../../common/limits.ts';
import type { Log } from '../../common/log.ts';
import { CaptureWriter } from './pcapng.ts';
import type { TraceEntry } from './trace.ts';

/** Where and how much. */
export interface TraceFileOptions {
  readonly folder: string;
  /** A file is followed by the next when it is so long. */
  readonly fileBytesMax: number;
  /** Files that are kept. */
  readonly filesMax: number;
}

const nameOf = /^trace-\d+-\d+\.pcapng$/;

/** Appends messages to files. */
export class TraceFiles {
  /** Messages that are in no file, because the disk did not follow or failed. */
  leftOut = 0;
  private readonly options: TraceFileOptions;
  private readonly log: Log;
  private stream: WriteStream | undefined = undefined;
  private writer = new CaptureWriter();
  private bytes = 0;
  private count = 0;
  /** Files that are not wholly on disk. */
  private readonly unclosed = new Set<Promise<void>>();

  /** Makes the folder; throws if it cannot. */
  constructor(options: TraceFileOptions, log: Log) {
    this.options = options;
    this.log = log;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  }

  /** Appends a message, or counts it as left out. */
  add(entry: TraceEntry): void {
    if (this.stream === undefined || this.bytes >= this.options.fileBytesMax) this.next(entry.atUs);
    const { stream } = this;
    if (stream === undefined || stream.writableLength > traceWaitingBytesMax) {
      this.leftOut += 1;
      return;
    }
    const bytes = this.writer.packet(entry.shown());
    this.bytes += bytes.length;
    stream.write(bytes);
  }

  /** Ends the file; resolves when all of it is on disk and what is too old is gone. */
  async close(): Promise<void> {
    this.stream?.end();
    this.stream = undefined;
    await Promise.all(this.unclosed);
  }

  private next(atUs: bigint): void {
    this.stream?.end();
    this.count += 1;
    const name = `trace-${String(atUs)}-${String(this.count).padStart(6, '0')}.pcapng`;
    const stream = createWriteStream(join(this.options.folder, name), { mode: 0o600 });
    stream.on('error', (error) => {
      this.log.error({ cause: error.message }, 'the wire trace cannot be written');
      if (this.stream === stream) this.stream = undefined;
    });
    // Only now is the file there: a slow disk may have several to make.
    stream.on('open', () => this.removeOldest());
    const closed = new Promise<void>((resolve) => stream.once('close', resolve)).then(() => {
      this.unclosed.delete(closed);
    });
    this.unclosed.add(closed);
    this.stream = stream;
    this.writer = new CaptureWriter();
    this.bytes = 0;
  }

  private removeOldest(): void {
    const files = readdirSync(this.options.folder).filter((name) => nameOf.test(name));
    for (const name of files.sort().slice(0, Math.max(0, files.length - this.options.filesMax)))
      rmSync(join(this.options.folder, name), { force: true });
  }
}
