import { checkSpec } from './check.ts';
import { compilePlan } from './compile-plan.ts';
import { type DescribeOptions, describeMessage } from './describe.ts';
import { type Iso8583Error, SpecError } from './errors.ts';
import { Message, type MessageInput } from './message.ts';
import type { Plan } from './plan.ts';
import { Scanner } from './scan.ts';
import type { DialectSpec } from './spec.ts';
import { Writer } from './write.ts';

export type Unpacked =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly error: Iso8583Error };

/** Bytes that the authentication code covers (from `offset`, `length` of them) and where the code's own value starts. */
export interface MacRange {
  readonly offset: number;
  readonly length: number;
  readonly macOffset: number;
}

export type Packed =
  | { readonly ok: true; readonly bytes: Buffer; readonly macRange?: MacRange }
  | { readonly ok: false; readonly error: Iso8583Error };

export interface UnpackOptions {
  /** strict (default): any fault refuses the message. lenient: what leaves the message readable becomes a warning. */
  readonly mode?: 'strict' | 'lenient';
}

/** One compiled dialect. Its methods never throw on bytes or values, only return errors. */
export interface Dialect {
  readonly name: string;
  readonly version: string;
  readonly spec: DialectSpec;
  readonly plan: Plan;
  /** Scans a message. The message keeps `bytes` without copying: do not change them while it lives. */
  unpack(bytes: Buffer, options?: UnpackOptions): Unpacked;
  /** Packs a message into a buffer of its own. What it packs, strict unpack accepts. */
  pack(input: MessageInput): Packed;
  /** A human view with every sensitive value masked. */
  describe(message: Message, options?: DescribeOptions): string;
}

class CompiledDialect implements Dialect {
  readonly name: string;
  readonly version: string;
  readonly spec: DialectSpec;
  readonly plan: Plan;
  private readonly scanner: Scanner;
  private readonly writer: Writer;

  constructor(spec: DialectSpec) {
    this.spec = spec;
    this.name = spec.name;
    this.version = spec.version;
    this.plan = compilePlan(spec);
    this.scanner = new Scanner(this.plan);
    this.writer = new Writer(this.plan, this.scanner);
  }

  unpack(bytes: Buffer, options?: UnpackOptions): Unpacked {
    const scanner = this.scanner;
    if (!scanner.scan(bytes, options !== undefined && options.mode === 'lenient'))
      return { ok: false, error: scanner.error! };
    return { ok: true, message: new Message(scanner, bytes, scanner.kept, scanner.base, scanner.warnings) };
  }

  pack(input: MessageInput): Packed {
    const writer = this.writer;
    const bytes = writer.pack(input);
    if (bytes === undefined) return { ok: false, error: writer.error! };
    const macOffset = writer.macOffset;
    return macOffset < 0
      ? { ok: true, bytes }
      : { ok: true, bytes, macRange: { offset: 0, length: macOffset, macOffset } };
  }

  describe(message: Message, options?: DescribeOptions): string {
    return describeMessage(message, options);
  }
}

/**
 * Compiles a specification document (parsed JSON).
 * @throws SpecError that lists every fault of the document with its JSON pointer.
 */
export function compileSpec(json: unknown): Dialect {
  const checked = checkSpec(json);
  if (!checked.ok) throw new SpecError(checked.name, checked.faults);
  return new CompiledDialect(checked.spec);
}
