import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CharacterClass } from '../../acquirer-gateway/iso8583/charset.ts';
import type {
  BitmapSpec,
  CompositeSpec,
  Counts,
  DialectSpec,
  ElementSpec,
  Encoding,
  PrefixSpec,
} from '../../acquirer-gateway/iso8583/spec.ts';
import { projectPath } from '../../common/root.ts';

// Test helper: foreign test vectors and the translation of their specification formats into ours. Only tests and the fuzz runner import it.

/** Folder of the ISO 8583 vectors: CARD_EDGE_VECTORS/iso8583, by default beside the project. */
export const vectorFolder = join(process.env['CARD_EDGE_VECTORS'] ?? projectPath('..', 'shared', 'vectors'), 'iso8583');

/** A vector file as parsed JSON, or undefined when the vectors are not installed. */
export function readVectors<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(join(vectorFolder, file), 'utf8')) as T;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

interface NeutralPrefix {
  readonly enc: string;
  readonly size: number;
}

export interface NeutralField {
  readonly name?: string;
  readonly enc?: string;
  readonly length?: number;
  readonly prefix?: NeutralPrefix;
  readonly counts?: string;
  readonly align?: 'left' | 'right';
  readonly padNibble?: string;
  readonly pad?: { readonly side: 'left' | 'right'; readonly char: string };
  readonly composite?: NeutralComposite;
}

interface NeutralComposite {
  readonly mode: string;
  readonly order?: readonly string[];
  readonly tag?: { readonly size: number; readonly enc: string; readonly stripZeros?: boolean };
  readonly unknownTags?: string;
  readonly bitmapBytes?: number;
  readonly bitmapEnc?: string;
  readonly default?: NeutralField;
  readonly subfields: { readonly [id: string]: NeutralField };
}

export interface NeutralSpec {
  readonly name: string;
  readonly mti: { readonly enc: string };
  readonly bitmap: {
    readonly enc: string;
    readonly maxBits?: number;
    readonly fixedBits?: number;
    readonly extBit?: boolean;
    readonly lower?: boolean;
  };
  readonly fields: { readonly [bit: string]: NeutralField };
}

const encodings: Readonly<Record<string, Encoding>> = {
  ascii: 'ascii',
  ebcdic: 'ebcdic037',
  ebcdic037: 'ebcdic037',
  ebcdic500: 'ebcdic500',
  ebcdic1047: 'ebcdic1047',
  bcd: 'bcd',
  binary: 'binary',
  'hex-ascii': 'hex',
  'amount-bcd': 'signed-bcd',
};

function neutralPrefix(prefix: NeutralPrefix, counts: string | undefined): PrefixSpec {
  const unit = counts === 'hexbytes' ? 'bytes' : (counts as Counts | undefined);
  const encoding = prefix.enc.startsWith('ebcdic')
    ? 'ebcdic'
    : prefix.enc === 'ber-tlv'
      ? 'ber'
      : (prefix.enc as PrefixSpec['encoding']);
  return {
    encoding,
    ...(encoding === 'ber' ? {} : { size: prefix.size }),
    ...(unit === undefined ? {} : { counts: unit }),
  };
}

/** A field of the neutral format (vectors' README.md) as an element of ours. */
export function neutralElement(field: NeutralField): ElementSpec {
  const encoding = encodings[field.enc ?? 'binary'] ?? 'binary';
  const cls: CharacterClass | undefined =
    encoding === 'bcd' ? 'z' : encoding === 'ascii' ? 'any7' : encoding.startsWith('ebcdic') ? 'any' : undefined;
  const composite = field.composite === undefined ? undefined : neutralComposite(field.composite);
  return {
    name: field.name === undefined || field.name === '' ? 'field' : field.name,
    encoding: composite === undefined ? encoding : 'binary',
    ...(cls === undefined || composite !== undefined ? {} : { class: cls }),
    ...(field.prefix === undefined
      ? {
          ...(field.length === undefined ? {} : { length: field.length }),
          ...(field.counts === 'hexbytes' ? { counts: 'bytes' as const } : {}),
        }
      : {
          prefix: neutralPrefix(field.prefix, field.counts),
          ...((field.length ?? 0) > 0 && (field.length ?? 0) < 65_536 ? { maxLength: field.length! } : {}),
        }),
    ...(encoding === 'bcd' && composite === undefined
      ? {
          odd: {
            side: field.align === 'left' ? ('right' as const) : ('left' as const),
            filler: field.padNibble ?? '0',
          },
        }
      : {}),
    ...(field.pad === undefined || composite !== undefined || field.prefix !== undefined ? {} : { pad: field.pad }),
    ...(composite === undefined ? {} : { composite }),
  };
}

function neutralComposite(from: NeutralComposite): CompositeSpec {
  const kind = from.mode as CompositeSpec['kind'];
  const tagged = kind === 'tlv' || kind === 'ber-tlv';
  const fields: Record<string, ElementSpec> = {};
  for (const [id, field] of Object.entries(from.subfields)) {
    const element = neutralElement(field);
    // Elements of BER-TLV carry BER lengths without saying so.
    fields[wireId(from, id)] =
      kind === 'ber-tlv' && element.length !== undefined ? { ...element, length: element.length } : element;
  }
  const keep =
    tagged &&
    from.unknownTags !== undefined &&
    from.unknownTags !== 'reject' &&
    (kind === 'ber-tlv' || from.default?.prefix !== undefined);
  return {
    kind,
    ...(from.order === undefined ? {} : { order: from.order }),
    ...(from.tag === undefined || kind !== 'tlv'
      ? {}
      : { tag: { encoding: from.tag.enc as 'ascii', size: from.tag.size } }),
    ...(from.bitmapBytes === undefined
      ? {}
      : {
          bitmap:
            from.bitmapEnc === 'hex-ascii'
              ? { encoding: 'hex' as const, bytes: from.bitmapBytes / 2 }
              : { encoding: 'binary' as const, bytes: from.bitmapBytes },
        }),
    ...(from.default?.prefix === undefined ? {} : { length: neutralPrefix(from.default.prefix, undefined) }),
    ...(tagged ? { unknownTags: keep ? ('keep' as const) : ('reject' as const) } : {}),
    fields,
  };
}

function wireId(composite: NeutralComposite, id: string): string {
  return composite.tag?.stripZeros === true ? id.padStart(composite.tag.size, '0') : id;
}

/** A neutral specification as one of ours. */
export function neutralDialect(spec: NeutralSpec): DialectSpec {
  const { bitmap } = spec;
  const encoding: BitmapSpec['encoding'] =
    bitmap.enc === 'binary' ? 'binary' : bitmap.enc === 'hex-ascii' ? 'hex' : 'hex-ebcdic';
  return {
    specVersion: 1,
    name: spec.name,
    version: 'vector',
    mti: { encoding: encodings[spec.mti.enc] as DialectSpec['mti']['encoding'] },
    bitmap: {
      encoding,
      ...(bitmap.lower === true && encoding !== 'binary' ? { hexCase: 'lower' as const } : {}),
      ...(bitmap.fixedBits === undefined
        ? { maxBits: bitmap.maxBits ?? 128 }
        : { fixedBits: bitmap.fixedBits, firstBit: bitmap.extBit === false ? ('zero' as const) : ('one' as const) }),
    },
    // moov lists bit 65 as a field where it announces the tertiary bitmap.
    fields: Object.fromEntries(
      Object.entries(spec.fields)
        .filter(([bit]) => bit !== '65' || bitmap.maxBits !== 192)
        .map(([bit, field]) => [bit, neutralElement(field)]),
    ),
  };
}

/** A path of the vectors as a path of ours: `0` is the MTI, and tags get the zeros back that the format strips. */
export function neutralPath(fields: { readonly [id: string]: NeutralField }, path: string): string {
  if (path === '0') return 'mti';
  const steps = path.split('.');
  let level = fields;
  let composite: NeutralComposite | undefined;
  const out: string[] = [];
  for (const step of steps) {
    out.push(composite === undefined ? step : wireId(composite, step));
    composite = level[step]?.composite;
    level = composite?.subfields ?? {};
  }
  return out.join('.');
}

export interface PySpecField {
  readonly data_enc: string;
  readonly len_enc: string;
  readonly len_type: number;
  readonly max_len: number;
  readonly len_count?: 'bytes' | 'nibbles';
  readonly left_pad?: string;
  readonly right_pad?: string;
}

export type PySpec = { readonly [field: string]: PySpecField };

const pyText: Readonly<Record<string, Encoding>> = { ascii: 'ascii', cp500: 'ebcdic500' };

function pyElement(field: PySpecField): ElementSpec {
  const nibbles = field.len_count === 'nibbles';
  const pad = field.left_pad ?? field.right_pad;
  const odd =
    pad === undefined || pad === ''
      ? undefined
      : { side: field.left_pad === undefined ? ('right' as const) : ('left' as const), filler: pad[0]!.toUpperCase() };
  const packed = field.data_enc === 'b' && nibbles && odd !== undefined;
  const encoding =
    field.data_enc === 'b' ? (packed ? 'bcd' : 'binary') : (pyText[field.data_enc] ?? (field.data_enc as Encoding));
  const counts: Counts = nibbles ? 'nibbles' : 'bytes';
  const prefixEncodings: Readonly<Record<string, PrefixSpec['encoding']>> = {
    ascii: 'ascii',
    b: 'binary',
    bcd: 'bcd',
    cp500: 'ebcdic',
  };
  const prefixEncoding = prefixEncodings[field.len_enc] ?? (field.len_enc as PrefixSpec['encoding']);
  return {
    name: 'field',
    encoding,
    ...(packed
      ? { class: 'hex' as const, odd: odd! }
      : encoding === 'ascii'
        ? { class: 'any7' as const }
        : encoding === 'ebcdic500'
          ? { class: 'any' as const }
          : {}),
    ...(field.len_type === 0
      ? { length: field.max_len, counts }
      : {
          prefix: {
            encoding: prefixEncoding,
            size: prefixEncoding === 'bcd' ? field.len_type * 2 : field.len_type,
            counts,
          },
          maxLength: field.max_len,
        }),
  };
}

/** A pyiso8583 specification as one of ours: h header, t MTI, p first bitmap, 1 extension bitmaps. */
export function pyDialect(spec: PySpec): DialectSpec {
  const bitmaps: Readonly<Record<string, BitmapSpec['encoding']>> = { b: 'binary', ascii: 'hex', cp500: 'hex-ebcdic' };
  const form = (field: PySpecField): BitmapSpec['encoding'] =>
    bitmaps[field.data_enc] ?? (field.data_enc as BitmapSpec['encoding']);
  const encoding = form(spec['p']!);
  const extensionEncoding = form(spec['1']!);
  const header = spec['h'];
  const binary = encoding === 'binary' && extensionEncoding === 'binary';
  return {
    specVersion: 1,
    name: 'pyiso8583',
    version: 'vector',
    ...(header === undefined || (header.len_type === 0 && header.max_len === 0) ? {} : { header: pyElement(header) }),
    mti: {
      encoding: (spec['t']!.data_enc === 'b'
        ? 'bcd'
        : (pyText[spec['t']!.data_enc] ?? spec['t']!.data_enc)) as DialectSpec['mti']['encoding'],
    },
    bitmap: { encoding, extensionEncoding, maxBits: 192, ...(binary ? {} : { hexCase: 'any' as const }) },
    fields: Object.fromEntries(
      Object.entries(spec)
        .filter(([key]) => !['h', 't', 'p', '1', '65'].includes(key) && /^\d+$/.test(key))
        .map(([key, field]) => [key, pyElement(field)]),
    ),
  };
}
