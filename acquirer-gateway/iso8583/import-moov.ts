import type { CharacterClass } from './charset.ts';
import { type Imported, type ImportNote, knownSensitivity } from './import-jpos.ts';
import type { BitmapSpec, CompositeSpec, DialectSpec, ElementSpec, Encoding, PrefixSpec } from './spec.ts';

// moov-io/iso8583 specification files, as its specs/builder.go writes them.

interface MoovField {
  readonly type?: unknown;
  readonly length?: unknown;
  readonly description?: unknown;
  readonly enc?: unknown;
  readonly prefix?: unknown;
  readonly padding?: unknown;
  readonly tag?: unknown;
  readonly subfields?: unknown;
  readonly bitmap?: unknown;
  readonly disableautoexpand?: unknown;
}

const knownKeys = [
  'type',
  'length',
  'description',
  'enc',
  'prefix',
  'padding',
  'tag',
  'subfields',
  'bitmap',
  'disableautoexpand',
];

const encodings: Readonly<Record<string, Encoding>> = {
  ASCII: 'ascii',
  BCD: 'bcd',
  LBCD: 'bcd',
  EBCDIC: 'ebcdic037',
  EBCDIC1047: 'ebcdic1047',
  Binary: 'binary',
  HexToASCII: 'hex',
  ASCIIToHex: 'binary',
};
const prefixEncodings: Readonly<Record<string, PrefixSpec['encoding']>> = {
  ASCII: 'ascii',
  BCD: 'bcd',
  EBCDIC: 'ebcdic',
  EBCDIC1047: 'ebcdic',
  Binary: 'binary',
  Hex: 'hex',
};

/**
 * Imports a moov-io/iso8583 JSON specification (parsed). Every construct that cannot be carried over is in the notes.
 * @throws Error when the document is not such a specification.
 */
export function importMoov(json: unknown, name: string): Imported {
  const fields = record(record(json)?.['fields']);
  if (fields === undefined) throw new Error('there is no object of fields');
  return new MoovImport(name).run(fields as Record<string, MoovField>);
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

class MoovImport {
  private readonly name: string;
  private readonly notes: ImportNote[] = [];

  constructor(name: string) {
    this.name = name;
  }

  run(from: Record<string, MoovField>): Imported {
    const fields: Record<string, ElementSpec> = {};
    const mtiEncoding = encodings[text(from['0']?.enc)] ?? 'ascii';
    const bitmap = this.bitmap(from['1']);
    for (const [id, field] of Object.entries(from)) {
      if (id === '0' || id === '1') continue;
      if (text(field.type) === 'Bitmap' || (id === '65' && bitmap.maxBits === 192)) continue;
      if (!/^\d+$/.test(id) || Number(id) < 2 || Number(id) > 192)
        this.note(id, 'field', 'a number from 2 to 192 is expected');
      else {
        const element = this.element(field, id, undefined);
        if (element !== undefined) fields[id] = element;
      }
    }
    const marked = Object.keys(knownSensitivity).filter((id) => fields[id] !== undefined);
    for (const id of marked) fields[id] = { ...fields[id]!, sensitivity: knownSensitivity[id]! };
    if (marked.length > 0)
      this.note(marked.join(', '), 'sensitivity', 'moov has none: set by field number; check the private fields too');
    const mti = {
      encoding:
        mtiEncoding === 'binary' || mtiEncoding === 'hex' || mtiEncoding === 'signed-bcd'
          ? ('ascii' as const)
          : mtiEncoding,
    };
    const spec: DialectSpec = {
      specVersion: 1,
      name: this.name,
      version: 'imported',
      description: 'Imported from a moov-io/iso8583 specification',
      mti,
      bitmap,
      fields,
    };
    return { spec, notes: this.notes };
  }

  private note(path: string, construct: string, reason: string): void {
    this.notes.push({ path, construct, reason });
  }

  private bitmap(field: MoovField | undefined): BitmapSpec {
    const encoding = text(field?.enc) === 'Binary' ? 'binary' : 'hex';
    if (field === undefined) this.note('1', 'bitmap', 'is missing: taken as automatic and hexadecimal');
    const bits = (typeof field?.length === 'number' ? field.length : 8) * 8;
    if (field?.disableautoexpand === true || bits > 64)
      return {
        encoding,
        fixedBits: bits === 64 || bits === 128 || bits === 192 ? bits : 128,
        ...(bits > 64 ? { firstBit: 'zero' as const } : {}),
      };
    return { encoding, maxBits: 192 };
  }

  private element(field: MoovField, path: string, within: CompositeSpec['kind'] | undefined): ElementSpec | undefined {
    for (const key of Object.keys(field)) if (!knownKeys.includes(key)) this.note(path, key, 'is not known');
    const subfields = record(field.subfields);
    const composite =
      subfields === undefined ? undefined : this.composite(field, subfields as Record<string, MoovField>, path);
    if (subfields !== undefined && composite === undefined) return undefined;
    const encoding: Encoding | undefined = composite === undefined ? encodings[text(field.enc)] : 'binary';
    if (encoding === undefined) {
      this.note(path, `enc ${text(field.enc)}`, 'no such encoding is known: the field is left out');
      return undefined;
    }
    const name = text(field.description) || 'field';
    const numeric = text(field.type) === 'Numeric';
    const cls: CharacterClass | undefined =
      composite !== undefined
        ? undefined
        : encoding === 'ascii'
          ? numeric
            ? 'n'
            : 'any7'
          : encoding.startsWith('ebcdic')
            ? numeric
              ? 'n'
              : 'any'
            : encoding === 'bcd'
              ? 'z'
              : undefined;
    const odd =
      encoding === 'bcd'
        ? { odd: { side: text(field.enc) === 'LBCD' ? ('right' as const) : ('left' as const), filler: '0' } }
        : {};
    const lengths = this.lengths(field, path, encoding, within);
    if (lengths === undefined) return undefined;
    return {
      name,
      encoding,
      ...(cls === undefined ? {} : { class: cls }),
      ...lengths,
      ...odd,
      ...this.padding(field, path, lengths, composite !== undefined),
      ...(composite === undefined ? {} : { composite }),
    };
  }

  private lengths(
    field: MoovField,
    path: string,
    encoding: Encoding,
    within: CompositeSpec['kind'] | undefined,
  ): Pick<ElementSpec, 'length' | 'counts' | 'prefix' | 'maxLength'> | undefined {
    const length = typeof field.length === 'number' ? field.length : 0;
    const prefix = text(field.prefix);
    const counts = encoding === 'hex' ? { counts: 'bytes' as const } : {};
    if (prefix === 'BerTLV' || within === 'ber-tlv')
      return {
        ...(within === 'ber-tlv' ? {} : { prefix: { encoding: 'ber' as const } }),
        ...(length > 0 && length < 65_536 ? { maxLength: length } : {}),
      };
    const match = /^(\w+)\.(Fixed|L{1,6})$/.exec(prefix);
    const prefixEncoding = match === null ? undefined : prefixEncodings[match[1]!];
    if (match === null || prefixEncoding === undefined) {
      this.note(path, `prefix ${prefix}`, 'no such prefix is known: the field is left out');
      return undefined;
    }
    if (match[2] === 'Fixed') return { length, ...counts };
    const ls = match[2]!.length;
    return {
      prefix: { encoding: prefixEncoding, size: prefixEncoding === 'hex' ? Math.min(6, ls * 2) : ls, ...counts },
      ...(length > 0 ? { maxLength: length } : {}),
    };
  }

  private padding(
    field: MoovField,
    path: string,
    lengths: Pick<ElementSpec, 'length'>,
    composite: boolean,
  ): Pick<ElementSpec, 'pad'> {
    const padding = record(field.padding);
    if (padding === undefined || text(padding['type']) === 'None') return {};
    const char = text(padding['pad']);
    const type = text(padding['type']);
    if (char.length === 1 && (type === 'Left' || type === 'Right') && lengths.length !== undefined && !composite)
      return { pad: { side: type === 'Left' ? 'left' : 'right', char } };
    this.note(
      path,
      `padding ${type}`,
      'only one character, left or right, on text of fixed length, can be carried over',
    );
    return {};
  }

  private composite(field: MoovField, subfields: Record<string, MoovField>, path: string): CompositeSpec | undefined {
    const tag = record(field.tag);
    const bitmap = record(field.bitmap);
    const tagEncoding = text(tag?.['enc']);
    const tagLength = typeof tag?.['length'] === 'number' ? tag['length'] : 0;
    const kind =
      bitmap !== undefined ? 'bitmap' : tagEncoding === 'BerTLVTag' ? 'ber-tlv' : tagLength > 0 ? 'tlv' : 'positional';
    const size = kind === 'tlv' && record(tag?.['padding']) !== undefined ? tagLength : 0;
    const fields: Record<string, ElementSpec> = {};
    for (const [id, subfield] of Object.entries(subfields)) {
      const element = this.element(subfield, `${path}.${id}`, kind);
      if (element === undefined) {
        if (kind === 'ber-tlv' || kind === 'tlv') continue;
        this.note(path, `subfield ${id}`, 'without it the rest cannot be divided: the field is left out');
        return undefined;
      }
      fields[id.padStart(size, '0')] = element;
    }
    if (kind === 'positional') {
      const numeric = Object.keys(fields).every((id) => /^\d+$/.test(id));
      return { kind, order: Object.keys(fields).sort(numeric ? (a, b) => Number(a) - Number(b) : undefined), fields };
    }
    if (kind === 'bitmap') {
      const bytes = typeof bitmap?.['length'] === 'number' ? bitmap['length'] : 8;
      return { kind, bitmap: { encoding: text(bitmap?.['enc']) === 'Binary' ? 'binary' : 'hex', bytes }, fields };
    }
    if (kind === 'ber-tlv') return { kind, unknownTags: 'keep', fields };
    const encoding = encodings[tagEncoding];
    if (encoding === undefined || encoding === 'hex' || encoding === 'signed-bcd') {
      this.note(path, `tag ${tagEncoding}`, 'no such tag encoding is known: the field is left out');
      return undefined;
    }
    return { kind, tag: { encoding, size: tagLength }, unknownTags: 'reject', fields };
  }
}
