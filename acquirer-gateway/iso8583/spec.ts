import type { CharacterClass, EbcdicPage } from './charset.ts';

// The specification document: what acquirer-gateway/specs/*.json hold. spec-schema.ts is its JSON Schema, check.ts its semantics.

export type TextEncoding = 'ascii' | EbcdicPage;
/** `hex` is two ASCII characters a byte; `signed-bcd` is a sign character C or D in one byte, then packed digits (x+n). */
export type Encoding = TextEncoding | 'bcd' | 'binary' | 'hex' | 'signed-bcd';
export type PrefixEncoding = 'ascii' | 'ebcdic' | 'bcd' | 'binary' | 'hex' | 'ber';
/** What a length counts. `chars` are characters of the value, `digits` and `nibbles` half bytes of packed data, `bytes` bytes of the value. */
export type Counts = 'chars' | 'digits' | 'nibbles' | 'bytes';

/** How far a value may be shown. PAN: first 6 and last 4. All others: never, but for `none`. */
export type Sensitivity = 'none' | 'pan' | 'track' | 'pin' | 'cvv' | 'crypto' | 'secret';

export interface PrefixSpec {
  readonly encoding: PrefixEncoding;
  /** Digits for ascii, ebcdic, bcd and hex; bytes for binary; absent for ber. */
  readonly size?: number;
  readonly counts?: Counts;
  /** The length includes the prefix itself. */
  readonly inclusive?: boolean;
}

export interface ElementSpec {
  readonly name: string;
  readonly encoding?: Encoding;
  readonly class?: CharacterClass;
  /** Fixed length, in the unit of `counts`. Within ber-tlv lengths count bytes. */
  readonly length?: number;
  readonly counts?: Counts;
  readonly prefix?: PrefixSpec;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** How pack fills a short value of fixed length. Unpack keeps the padding: it is part of the value. */
  readonly pad?: { readonly side: 'left' | 'right'; readonly char: string };
  /** Where an odd number of packed digits leaves its spare nibble, and what it holds. */
  readonly odd?: { readonly side: 'left' | 'right'; readonly filler: string };
  readonly composite?: CompositeSpec;
  readonly sensitivity?: Sensitivity;
  /** Value rule: consecutive pairs YY MM DD hh mm ss; a trailing `?` also allows all zeros. */
  readonly rule?: string;
  /** Message authentication code: the MAC range of a message ends where this element's value starts. */
  readonly mac?: boolean;
  /** Name of a code table for people (describe). */
  readonly codes?: string;
}

export interface CompositeSpec {
  readonly kind: 'positional' | 'tlv' | 'ber-tlv' | 'bitmap' | 'pds';
  /** positional: ids in wire order. */
  readonly order?: readonly string[];
  /** tlv: how the tag is written; size in characters (ascii, ebcdic), digits (bcd) or bytes (binary). */
  readonly tag?: { readonly encoding: 'ascii' | EbcdicPage | 'binary' | 'bcd'; readonly size: number };
  /** tlv: the length that every element has in front unless it has a prefix of its own. */
  readonly length?: PrefixSpec;
  /** bitmap: how many bytes, and how they are written. */
  readonly bitmap?: { readonly encoding: 'binary' | 'hex'; readonly bytes: number };
  readonly unknownTags?: 'keep' | 'reject';
  /** Encoding of unknown elements' values: binary unless given. */
  readonly unknownEncoding?: Encoding;
  readonly fields: { readonly [id: string]: ElementSpec };
}

export interface BitmapSpec {
  readonly encoding: 'binary' | 'hex' | 'hex-ebcdic';
  /** How bits 65-192 are written, when other than the first 64. */
  readonly extensionEncoding?: 'binary' | 'hex' | 'hex-ebcdic';
  readonly hexCase?: 'upper' | 'lower' | 'any';
  /** Automatic: bit 1 announces bits 65-128, bit 65 bits 129-192. 64, 128 or 192. */
  readonly maxBits?: number;
  /** Always this many bits on the wire. */
  readonly fixedBits?: number;
  /** With fixedBits: the value of bit 1. */
  readonly firstBit?: 'zero' | 'one';
}

export interface DialectSpec {
  readonly $schema?: string;
  readonly specVersion: 1;
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly sources?: readonly string[];
  readonly header?: ElementSpec;
  readonly mti: {
    readonly encoding: TextEncoding | 'bcd';
    /** Allowed characters of each of the four positions. */
    readonly allow?: readonly [string, string, string, string];
  };
  readonly bitmap: BitmapSpec;
  readonly fields: { readonly [bit: string]: ElementSpec };
}
