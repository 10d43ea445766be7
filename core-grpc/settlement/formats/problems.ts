// What is wrong with a file, and where. A file can be wrong in every line, so the list is bounded and the rest is counted.
import { fileProblemsMax } from '../../../common/limits.ts';
import { redact } from '../../../common/redact.ts';

/** One thing that is wrong, located as closely as it is known. */
export interface Problem {
  /** Line or record number from 1; 0 for the file as a whole. */
  readonly record: number;
  /** Byte from 0 where the record starts; -1 when it has no place. */
  readonly byte: number;
  /** Field by its name in the format's description, or ''. */
  readonly field: string;
  /** What is wrong. Never holds card data: values are quoted only where the field cannot carry any. */
  readonly text: string;
}

/** Problems of one file. */
export class Problems {
  private readonly list: Problem[] = [];
  private more = 0;

  /** Notes a problem. */
  add(record: number, byte: number, field: string, text: string): void {
    // Readers quote no values; what is quoted all the same (a name in a damaged file) may be anything.
    if (this.list.length < fileProblemsMax) this.list.push({ record, byte, field: redact(field), text: redact(text) });
    else this.more += 1;
  }

  /** How many there are, those that are not kept included. */
  get count(): number {
    return this.list.length + this.more;
  }

  /** Those that are kept, in the order in which they were found. */
  get kept(): readonly Problem[] {
    return this.list;
  }

  /** One line per problem, for people: file, record, byte, field, what. In the file's order; what has no place comes last. */
  describe(fileName: string): string[] {
    const at = (one: Problem): number => (one.byte < 0 ? Number.MAX_SAFE_INTEGER : one.byte);
    const lines = [...this.list].sort((a, b) => at(a) - at(b)).map((one) => describeProblem(fileName, one));
    if (this.more > 0) lines.push(`${fileName}: ${this.more} more problems`);
    return lines;
  }
}

/** A problem as text. */
export function describeProblem(fileName: string, problem: Problem): string {
  const place = [
    problem.record > 0 ? `record ${problem.record}` : 'whole file',
    ...(problem.byte >= 0 ? [`byte ${problem.byte}`] : []),
    ...(problem.field === '' ? [] : [`field ${problem.field}`]),
  ];
  return `${fileName}: ${place.join(', ')}: ${problem.text}`;
}
