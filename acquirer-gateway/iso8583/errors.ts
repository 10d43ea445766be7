/** Every way a message can be refused. Closed: callers switch on it, docs list it. */
export const iso8583ErrorCodes = {
  truncated: 'The message ends inside this element',
  'trailing-bytes': 'Bytes are left after the last element',
  'message-length': 'The message is longer than the codec accepts',
  mti: 'The message type indicator is not one this dialect allows',
  'bitmap-encoding': 'The bitmap is not written in its encoding',
  'bitmap-bit': 'A bitmap extension bit contradicts the bitmap',
  'undefined-field': 'The bitmap names a field that the dialect does not define',
  'length-prefix': 'The length prefix is not written in its encoding',
  'length-range': 'The length is outside the range of the element',
  'length-form': 'The length is not in its shortest form, or does not come out in whole bytes',
  character: 'A character is outside the class of the element',
  filler: 'The filler nibble of an odd number of digits is not the one of the dialect',
  'value-rule': 'The value breaks the rule of the element (a date, a time)',
  tag: 'A tag is malformed',
  'unknown-tag': 'The composite does not define this tag',
  'composite-length': 'The subfields do not fill their composite exactly',
  'input-type': 'The value given has the wrong type for the element',
  'input-missing': 'A value that the element needs was not given',
  'input-path': 'The path given does not exist in the dialect, or is given twice',
} as const;

export type Iso8583ErrorCode = keyof typeof iso8583ErrorCodes;

/**
 * Why bytes or values were refused. Safe to log by construction: it holds a code, the element's path, the byte offset in the message
 * (0 when packing a value that has no byte yet) and what was expected there. It never holds what was found.
 */
export interface Iso8583Error {
  readonly code: Iso8583ErrorCode;
  /** Path of the element: `mti`, `bitmap`, `1` (extension bitmaps), `2`, `55.9F02`. */
  readonly path: string;
  readonly offset: number;
  readonly expected: string;
}

/** One line for people: `character at 55.9F02, byte 61: expected digits`. */
export function formatIso8583Error(error: Iso8583Error): string {
  return `${error.code} at ${error.path}, byte ${error.offset}: expected ${error.expected}`;
}

/** One fault of a specification document. */
export interface SpecFault {
  /** JSON pointer (RFC 6901) into the specification. */
  readonly pointer: string;
  readonly message: string;
}

/** Thrown by compileSpec: a specification is configuration, and all its faults are reported together. */
export class SpecError extends Error {
  readonly faults: readonly SpecFault[];
  constructor(name: string, faults: readonly SpecFault[]) {
    super(`specification ${name}: ${faults.map((f) => `${f.pointer || '/'}: ${f.message}`).join('; ')}`);
    this.name = 'SpecError';
    this.faults = faults;
  }
}
