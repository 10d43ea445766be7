import { prefixCapacity } from './compile-plan.ts';
import type { BitmapSpec, CompositeSpec, DialectSpec, ElementSpec, Encoding, PrefixSpec } from './spec.ts';
import { parseXml, type XmlElement } from './xml.ts';

/** Something of the foreign definition that could not be carried over, or not exactly. */
export interface ImportNote {
  readonly path: string;
  readonly construct: string;
  readonly reason: string;
}

export interface Imported {
  readonly spec: DialectSpec;
  readonly notes: readonly ImportNote[];
}

/**
 * Imports a jPOS GenericPackager definition (isopackager, isofield, isofieldpackager). Field classes are read by the rule of their names:
 * IF, A/B/E (ASCII, packed, EBCDIC), L's (prefix digits), H (binary prefix), E (EBCDIC text), then NUMERIC, NUM, CHAR, BINARY, AMOUNT or BITMAP.
 * jPOS names no sensitivity: well-known fields get it by their number, and a note says so.
 * @throws Error when the text is not such a definition.
 */
export function importJpos(xml: string, name: string): Imported {
  const root = parseXml(xml);
  if (root.name !== 'isopackager') throw new Error('the root element is not isopackager');
  return new JposImport(name).run(root);
}

/** Sensitivity that card data has in every dialect, by bit number. */
export const knownSensitivity: Readonly<Record<string, ElementSpec['sensitivity']>> = {
  '2': 'pan',
  '34': 'pan',
  '35': 'track',
  '36': 'track',
  '45': 'track',
  '52': 'pin',
  '64': 'crypto',
  '96': 'crypto',
  '128': 'crypto',
};

const classPattern = /^IF([ABE])?_(L{0,6})(H)?(E)?(NUMERIC|NUM|CHAR|BINARY|AMOUNT|BITMAP)$/;

class JposImport {
  private readonly name: string;
  private readonly notes: ImportNote[] = [];

  constructor(name: string) {
    this.name = name;
  }

  run(root: XmlElement): Imported {
    const fields: Record<string, ElementSpec> = {};
    let mti: DialectSpec['mti'] = { encoding: 'ascii' };
    let bitmap: BitmapSpec = { encoding: 'binary', maxBits: 128 };
    for (const child of root.children) {
      const id = child.attributes['id'] ?? '';
      const kind = className(child);
      if (child.name !== 'isofield' && child.name !== 'isofieldpackager')
        this.note(id, `<${child.name}>`, 'is not known');
      else if (id === '0')
        mti = { encoding: kind.startsWith('IFB') ? 'bcd' : kind.startsWith('IFE') ? 'ebcdic1047' : 'ascii' };
      else if (id === '1') bitmap = this.bitmap(child, kind);
      else if (/^\d+$/.test(id) && Number(id) <= 128) {
        const element = this.element(child, id);
        if (element !== undefined) fields[id] = element;
      } else this.note(id, 'id', 'a field number from 0 to 128 is expected');
    }
    if (fields['65'] !== undefined && kindIsBitmap(root, '65')) {
      delete fields['65'];
      bitmap = { ...bitmap, maxBits: 192 };
    }
    const last = bitmap.maxBits ?? 128;
    for (const id of Object.keys(fields)) {
      if (Number(id) <= last) continue;
      this.note(id, 'field', `the bitmap ends at bit ${last}: the field is left out`);
      delete fields[id];
    }
    const marked = Object.keys(knownSensitivity).filter((id) => fields[id] !== undefined);
    for (const id of marked) {
      fields[id] = {
        ...fields[id]!,
        sensitivity: knownSensitivity[id]!,
        ...(id === '64' || id === '128' ? { mac: true } : {}),
      };
    }
    if (marked.length > 0)
      this.note(marked.join(', '), 'sensitivity', 'jPOS has none: set by field number; check the private fields too');
    return {
      spec: {
        specVersion: 1,
        name: this.name,
        version: 'imported',
        description: 'Imported from a jPOS packager definition',
        mti,
        bitmap,
        fields,
      },
      notes: this.notes,
    };
  }

  private note(path: string, construct: string, reason: string): void {
    this.notes.push({ path, construct, reason });
  }

  private bitmap(child: XmlElement, kind: string): BitmapSpec {
    const encoding = kind.startsWith('IFA') ? 'hex' : kind.startsWith('IFE') ? 'hex-ebcdic' : 'binary';
    if (!kind.endsWith('BITMAP')) this.note('1', kind, 'is not a bitmap class: taken as automatic and binary');
    return { encoding, maxBits: Number(child.attributes['length']) <= 8 ? 64 : 128 };
  }

  private element(child: XmlElement, path: string): ElementSpec | undefined {
    const kind = className(child);
    const match = classPattern.exec(kind);
    const length = Number(child.attributes['length']);
    if (match === null || !Number.isInteger(length)) {
      this.note(
        path,
        kind,
        match === null ? 'no such field class is known: the field is left out' : 'has no length: the field is left out',
      );
      return undefined;
    }
    const [, alphabet = '', ls = '', h, e, type = ''] = match;
    const element = this.leaf(child, path, {
      alphabet,
      prefixDigits: ls.length,
      binaryPrefix: h === 'H',
      ebcdicText: e === 'E',
      type,
      length,
    });
    if (child.name === 'isofield') return element;
    const composite = this.composite(child, path);
    if (composite === undefined) return element;
    const { class: _class, pad: _pad, odd: _odd, ...rest } = element;
    return {
      ...rest,
      encoding: rest.encoding === 'hex' || rest.encoding === 'signed-bcd' ? 'ascii' : (rest.encoding ?? 'binary'),
      composite,
    };
  }

  private leaf(
    child: XmlElement,
    path: string,
    f: {
      alphabet: string;
      prefixDigits: number;
      binaryPrefix: boolean;
      ebcdicText: boolean;
      type: string;
      length: number;
    },
  ): ElementSpec {
    const text: Encoding = f.alphabet === 'E' || f.ebcdicText ? 'ebcdic1047' : 'ascii';
    const numeric = f.type === 'NUMERIC' || f.type === 'NUM';
    let encoding: Encoding = text;
    if (f.alphabet === 'B' && numeric) encoding = 'bcd';
    else if (f.alphabet === 'B' && f.type === 'AMOUNT') encoding = 'signed-bcd';
    else if (f.type === 'BINARY' || f.type === 'BITMAP')
      encoding = f.alphabet === 'A' && f.prefixDigits === 0 ? 'hex' : 'binary';
    const leftPadded = child.attributes['pad'] === 'true';
    const name = child.attributes['name'] ?? 'field';
    const odd =
      encoding === 'bcd' ? { odd: { side: leftPadded ? ('left' as const) : ('right' as const), filler: '0' } } : {};
    const cls =
      encoding === 'bcd'
        ? child.attributes['id'] === '35'
          ? { class: 'z' as const }
          : {}
        : text === encoding
          ? { class: numeric ? ('n' as const) : f.type === 'AMOUNT' ? ('x+n' as const) : ('any' as const) }
          : {};
    if (f.prefixDigits === 0) {
      const pad =
        encoding === text && f.type === 'CHAR'
          ? { pad: { side: 'right' as const, char: ' ' } }
          : encoding !== 'hex' && numeric
            ? { pad: { side: 'left' as const, char: '0' } }
            : {};
      return {
        name,
        encoding,
        ...cls,
        length: encoding === 'signed-bcd' ? f.length - 1 : f.length,
        ...(encoding === 'hex' ? { counts: 'bytes' as const } : {}),
        ...odd,
        ...pad,
      };
    }
    const prefix = prefixOf(f, encoding);
    const capacity = prefixCapacity(prefix);
    if (f.length > capacity) this.note(path, `length ${f.length}`, `its prefix can write no more than ${capacity}`);
    return { name, encoding, ...cls, prefix, maxLength: Math.min(f.length, capacity), ...odd };
  }

  private composite(child: XmlElement, path: string): CompositeSpec | undefined {
    const packager = (child.attributes['packager'] ?? '').replace(/^.*\./, '');
    if (!['GenericPackager', 'GenericSubFieldPackager', ''].includes(packager)) {
      this.note(path, packager, 'the code of a packager class cannot be imported: the field stays whole');
      return undefined;
    }
    const fields: Record<string, ElementSpec> = {};
    const order: string[] = [];
    let bitmap: CompositeSpec['bitmap'];
    for (const inner of child.children) {
      const id = inner.attributes['id'] ?? '';
      const kind = className(inner);
      if (kind.endsWith('BITMAP')) {
        bitmap = {
          encoding: kind.startsWith('IFA') ? 'hex' : 'binary',
          bytes: Math.min(Number(inner.attributes['length']) || 8, 8),
        };
        continue;
      }
      if (bitmap !== undefined && Number(id) > bitmap.bytes * 8) {
        this.note(
          `${path}.${id}`,
          'subfield',
          'a bitmap that extends itself within a field cannot be carried over: the subfield is left out',
        );
        continue;
      }
      if (kind === 'IF_NOP' || inner.attributes['length'] === '0') continue; // a place holder that has no bytes
      const element = this.element(inner, `${path}.${id}`);
      if (element === undefined) {
        this.note(path, `subfield ${id}`, 'without it the rest cannot be divided: the field stays whole');
        return undefined;
      }
      fields[id] = element;
      order.push(id);
    }
    if (order.length === 0) return undefined;
    return bitmap === undefined ? { kind: 'positional', order, fields } : { kind: 'bitmap', bitmap, fields };
  }
}

function prefixOf(
  f: { alphabet: string; prefixDigits: number; binaryPrefix: boolean },
  encoding: Encoding,
): PrefixSpec {
  const counts =
    encoding === 'bcd' ? { counts: 'digits' as const } : encoding === 'binary' ? { counts: 'bytes' as const } : {};
  if (f.binaryPrefix) return { encoding: 'binary', size: Math.max(1, f.prefixDigits - 1), ...counts };
  return {
    encoding: f.alphabet === 'B' ? 'bcd' : f.alphabet === 'E' ? 'ebcdic' : 'ascii',
    size: f.prefixDigits,
    ...counts,
  };
}

function className(element: XmlElement): string {
  return (element.attributes['class'] ?? '').trim().replace(/^.*\./, '');
}

function kindIsBitmap(root: XmlElement, id: string): boolean {
  return root.children.some((child) => child.attributes['id'] === id && className(child).endsWith('BITMAP'));
}
