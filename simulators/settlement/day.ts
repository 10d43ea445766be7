// The settlement day of the network: one file per cut-over.
import type { Clock } from '../../common/clock.ts';
import { type Books, booksRowsMax } from '../issuer/books.ts';
import type { BooksFile, CutOver } from '../issuer/books-file.ts';
import { type FileFault, spoil } from './file-faults.ts';
import type { FileFormat } from './formats.ts';
import type { RowReference } from './reference.ts';
import { writeClearingFile } from './writer.ts';

/** Records of one file; when the day has as many, it ends by itself: a long load run must not grow without end. As many as the books keep rows. */
export const clearingRecordsMax = booksRowsMax;

export interface DayOptions {
  readonly books: Books;
  readonly folder: string;
  readonly network: string;
  readonly clock: Clock;
  /** How the network's files name a payment; absent: S and 14 digits. */
  readonly reference?: RowReference;
}

/** What a cut-over gave. */
export interface ClearingFile {
  readonly path: string;
  readonly records: number;
}

const dayMs = 86_400_000;

/**
 * Order matters: the cut-over stands in the books before its file is written. A crash in between is mended at the next start, when the books
 * are read: a cut-over whose file is missing has it written from the same books, with the same bytes.
 */
export class SettlementDay {
  private readonly options: DayOptions;
  private replayed: Array<Promise<ClearingFile>> = [];
  private lastDate = '';
  /** The text of the day, made once a day: it goes into every answer. */
  private today = { day: -1, date: '' };

  constructor(options: DayOptions) {
    this.options = options;
  }

  /** Applies a cut-over read from the books. */
  replay(cutOver: CutOver): void {
    this.replayed.push(this.apply(cutOver));
  }

  /** Resolves when the files of all cut-overs that were read are there. */
  async replayedFiles(): Promise<void> {
    await Promise.all(this.replayed);
    this.replayed = [];
  }

  /** Ends the day now. */
  cutOver(file: BooksFile, faults: readonly FileFault[] = [], format: FileFormat = 'csv'): Promise<ClearingFile> {
    const { books, clock, network } = this.options;
    const cutOver: CutOver = {
      // Unique without a registry: the books' own id, and the number of the file in them.
      fileId: `${network.toUpperCase()}-${file.id}-${String(books.files + 1).padStart(6, '0')}`,
      settlementDate: this.date(),
      createdMs: clock.nowMs(),
      faults,
      format,
    };
    file.cutOver(cutOver);
    file.flush();
    return this.apply(cutOver);
  }

  /** Settlement date of what is approved now, YYYY-MM-DD: today, and never earlier than that of the last file. */
  date(): string {
    const day = Math.floor(this.options.clock.nowMs() / dayMs);
    if (day !== this.today.day) this.today = { day, date: new Date(day * dayMs).toISOString().slice(0, 10) };
    const today = this.today.date;
    if (today < this.lastDate) return this.lastDate; // the clock went back
    return today;
  }

  /** DE15. */
  mmdd(): string {
    const date = this.date();
    return date.slice(5, 7) + date.slice(8, 10);
  }

  /** What belongs to the file is taken out of the books at once; what is decided while it is written belongs to the next day. */
  private async apply(cutOver: CutOver): Promise<ClearingFile> {
    const { books, folder, network, reference } = this.options;
    this.lastDate = cutOver.settlementDate;
    const { records, late } = spoil(books.cutOver(cutOver.fileId), cutOver.faults);
    books.putOff(late);
    const path = await writeClearingFile(folder, network, cutOver, records, reference);
    return { path, records: records.length };
  }
}
