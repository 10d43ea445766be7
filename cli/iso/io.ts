import { readFileSync } from 'node:fs';

/** What the verbs of `card-edge iso` need of the world; tests give their own. */
export interface IsoIo {
  /** All of standard input. */
  readonly stdin: () => Buffer;
  readonly readFile: (path: string) => Buffer;
  readonly out: (text: string | Buffer) => void;
  readonly err: (text: string) => void;
  readonly exit: (code: number) => void;
}

/** Exit codes of the verbs; `card-edge iso --help` prints them. */
export const exitCodes = {
  /** Done, and the message, profile or specification is good. */
  ok: 0,
  /** The message was refused, breaks its profile, or differs. */
  refused: 1,
  /** Wrong command line, or input that cannot be read. */
  usage: 2,
  /** The specification or profile is faulty or unknown. */
  spec: 3,
} as const;

/** Standard input can hold no more than this: one message in hexadecimal with generous layout. */
export const processIo: IsoIo = {
  stdin: () => readFileSync(0),
  readFile: (path) => readFileSync(path),
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
  exit: (code) => {
    process.exitCode = code;
  },
};

/** A fault that ends a verb with an exit code and one line. */
export class IsoFault extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export type InputFormat = 'auto' | 'hex' | 'binary';

/** Bytes of an argument: hexadecimal text, the name of a file, or `-` for standard input. Files and pipes hold bytes or hexadecimal. */
export function readBytes(io: IsoIo, argument: string | undefined, format: InputFormat): Buffer {
  if (argument !== undefined && argument !== '-' && /^(?:[0-9A-Fa-f]{2}\s*)+$/.test(argument))
    return Buffer.from(argument.replace(/\s/g, ''), 'hex');
  const raw = readRaw(io, argument);
  if (format === 'binary') return raw;
  const text = raw.toString('latin1').replace(/\s/g, '');
  const isHex = text.length > 0 && text.length % 2 === 0 && /^[0-9A-Fa-f]+$/.test(text);
  if (format === 'hex' && !isHex) throw new IsoFault(exitCodes.usage, 'the input is not hexadecimal');
  return isHex ? Buffer.from(text, 'hex') : raw;
}

/** All bytes of a file, or of standard input for `-` or nothing. */
export function readRaw(io: IsoIo, argument: string | undefined): Buffer {
  try {
    return argument === undefined || argument === '-' ? io.stdin() : io.readFile(argument);
  } catch (error) {
    throw new IsoFault(
      exitCodes.usage,
      `cannot read ${argument ?? 'standard input'}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Parsed JSON of a file or standard input. */
export function readJson(io: IsoIo, argument: string | undefined): unknown {
  try {
    return JSON.parse(readRaw(io, argument).toString('utf8')) as unknown;
  } catch (error) {
    if (error instanceof IsoFault) throw error;
    // The parser's own message quotes the input, which may hold card data.
    throw new IsoFault(exitCodes.usage, `${argument ?? 'standard input'} is not JSON`);
  }
}
