import type { EbcdicPage } from './charset.ts';
import type { DialectSpec, Sensitivity } from './spec.ts';
import type { TagTable } from './tag-table.ts';

// The plan is the specification with every choice turned into a small number, so that scanning and writing a message only switch on
// integers of one object shape. It is built once per dialect.

/** How the text of an element is read from its bytes. */
export const VIEW = { latin1: 0, ebcdic: 1, hex: 2, bcd: 3, signedBcd: 4 } as const;
export const PREFIX = { none: 0, ascii: 1, ebcdic: 2, bcd: 3, binary: 4, hex: 5, ber: 6 } as const;
/** From the unit that a length counts to bytes: one to one, half rounded up, double, half exactly. */
export const UNIT = { same: 0, halfUp: 1, double: 2, halfExact: 3 } as const;
export const CHECK = { none: 0, text: 1, packed: 2, signText: 3, signPacked: 4 } as const;
export const KIND = { leaf: 0, positional: 1, tlv: 2, ber: 3, bitmap: 4 } as const;
export const TAG = { latin1: 0, ebcdic: 1, hex: 2 } as const;
/** Prefixes that nearly every element has, read without a loop. */
export const QUICK = { none: 0, bcd1: 1, bcd2: 2, ascii2: 3, ascii3: 4, binary1: 5 } as const;

export interface Rule {
  readonly pairs: ReadonlyArray<readonly [number, number]>;
  /** The same, flat: minimum and maximum of each pair. */
  readonly limits: Uint8Array;
  readonly zeroAllowed: boolean;
  readonly text: string;
}

/** One element of the dialect, compiled. */
export interface Node {
  readonly index: number;
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly bit: number;
  readonly depth: number;
  /** The field of the message that this element lies in, or is. */
  readonly top: Node | undefined;
  readonly known: boolean;
  readonly view: number;
  readonly page: EbcdicPage;
  readonly prefix: number;
  readonly prefixSize: number;
  readonly prefixBytes: number;
  readonly inclusive: boolean;
  readonly unit: number;
  readonly min: number;
  readonly max: number;
  readonly check: number;
  readonly masks: Uint8Array;
  readonly mask: number;
  readonly track: boolean;
  /** When `checked`, every byte of a value must have a 1 in this table. */
  readonly table: Uint8Array;
  readonly checked: boolean;
  /** Bytes of an element of fixed length without prefix, else -1; and whether it has an odd number of packed digits. */
  readonly fixedBytes: number;
  readonly fixedOdd: number;
  /** A plain binary element with a BER length: the scanner reads it in line. */
  readonly plainBer: boolean;
  /** One of those directly in a field: the scanner notes where its first occurrence lies. */
  readonly noted: boolean;
  /** A leaf of fixed bytes without a sign: the scanner reads it in line. A filler nibble 0 in front keeps the first byte under 16. */
  readonly plainFixed: boolean;
  readonly firstByteMax: number;
  /** More than its bytes has to be checked: a sign, a rule. */
  readonly extra: boolean;
  /** A short form of the prefix, or 0: see the scanner. */
  readonly quickPrefix: number;
  readonly packedFull: number;
  readonly packedFirst: number;
  readonly packedLast: number;
  readonly fillerLeft: boolean;
  readonly filler: number;
  readonly padLeft: boolean;
  readonly padChar: string;
  readonly rule: Rule | undefined;
  /** Of packed digits with a rule: for each of its bytes a table of 256, 1 for what the rule allows there. */
  readonly dated: Uint8Array | undefined;
  readonly expected: string;
  readonly kind: number;
  readonly children: readonly (Node | undefined)[];
  readonly byId: ReadonlyMap<string, Node>;
  readonly tags: TagTable;
  /** Of a composite with tags: the elements that were packed last, by position. */
  readonly recent: (Node | undefined)[];
  readonly unknown: Node | undefined;
  readonly tagForm: number;
  readonly tagBytes: number;
  readonly tagTable: Uint8Array;
  readonly tagPage: EbcdicPage;
  /** Of a subfield with a tag: the tag on the wire. */
  readonly wire: Uint8Array;
  readonly bitmapBytes: number;
  readonly bitmapHex: boolean;
  readonly sensitivity: Sensitivity;
  readonly mac: boolean;
  readonly codes: string;
}

export interface Plan {
  readonly spec: DialectSpec;
  readonly nodes: readonly Node[];
  /** Top-level elements by bit number. */
  readonly fields: readonly (Node | undefined)[];
  /** Top-level elements by path: `mti`, `header`, `2`... */
  readonly top: ReadonlyMap<string, Node>;
  /** Every element by its path in the specification. */
  readonly byPath: ReadonlyMap<string, Node>;
  readonly header: Node | undefined;
  readonly mti: Node;
  readonly mtiAllow: readonly [string, string, string, string] | undefined;
  /** Allowed digits of each position of the MTI, a bit each; undefined when any will do. */
  readonly mtiDigits: Int32Array | undefined;
  /** Bits of the top-level fields, ascending. */
  readonly bits: readonly number[];
  /** Records in front of the fields: the header, if any, and the MTI. */
  readonly lead: number;
  readonly maxBits: number;
  readonly bitmapFixed: boolean;
  readonly firstBitOne: boolean;
  readonly bitmapForm: number;
  readonly extensionForm: number;
  readonly bitmapCase: number;
  readonly macNodes: readonly Node[];
}
