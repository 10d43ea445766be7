// From a checked specification to its plan.
import { codecMessageBytesMax } from '../../common/limits.ts';
import {
  type CharacterClass,
  classMasks,
  classTexts,
  type EbcdicPage,
  ebcdicMasks,
  latin1Masks,
  packedMasks,
  toEbcdic,
} from './charset.ts';
import { CHECK, KIND, type Node, type Plan, PREFIX, QUICK, type Rule, TAG, UNIT, VIEW } from './plan.ts';
import type { CompositeSpec, DialectSpec, ElementSpec, Encoding, PrefixSpec } from './spec.ts';
import { TagTable } from './tag-table.ts';

type Draft = { -readonly [K in keyof Node]: Node[K] };

const noNodes: readonly (Node | undefined)[] = [];
const noIds: ReadonlyMap<string, Node> = new Map();
const noWire = new Uint8Array(0);
const noTags = new TagTable();
const noRecent: (Node | undefined)[] = [];
/** Elements of a composite whose last ones are remembered: a chip's data have 15 to 25. */
const recentMax = 32;

function pageOf(encoding: Encoding | undefined): EbcdicPage {
  return encoding === 'ebcdic500' || encoding === 'ebcdic1047' ? encoding : 'ebcdic037';
}

function classOf(element: ElementSpec): CharacterClass {
  if (element.class !== undefined) return element.class;
  if (element.encoding === 'bcd') return 'n';
  if (element.encoding === 'signed-bcd') return 'x+n';
  if (element.encoding === 'hex') return 'hex';
  return element.encoding === 'binary' || element.encoding === undefined ? 'b' : 'ans';
}

function viewOf(encoding: Encoding): number {
  if (encoding === 'ascii' || encoding === 'hex') return VIEW.latin1;
  if (encoding === 'bcd') return VIEW.bcd;
  if (encoding === 'signed-bcd') return VIEW.signedBcd;
  return encoding === 'binary' ? VIEW.hex : VIEW.ebcdic;
}

function unitOf(encoding: Encoding, counts: string | undefined): number {
  if (encoding === 'bcd') return counts === 'bytes' ? UNIT.same : UNIT.halfUp;
  if (encoding === 'signed-bcd') return counts === 'bytes' ? UNIT.same : UNIT.halfUp;
  if (encoding === 'hex') return counts === 'bytes' ? UNIT.double : UNIT.same;
  return counts === 'nibbles' || counts === 'digits' ? UNIT.halfExact : UNIT.same;
}

function checkOf(encoding: Encoding, cls: CharacterClass): number {
  if (encoding === 'signed-bcd') return CHECK.signPacked;
  if (encoding === 'bcd') return cls === 'hex' || cls === 'b' || cls === 'any' ? CHECK.none : CHECK.packed;
  if (encoding === 'binary' || cls === 'any' || cls === 'b') return CHECK.none;
  return cls === 'x+n' ? CHECK.signText : CHECK.text;
}

/** Bytes of a fixed length, or undefined when it does not come out in whole bytes. */
function fixedBytesOf(
  unit: number,
  check: number,
  length: number,
): { readonly bytes: number; readonly odd: number } | undefined {
  if (unit === UNIT.halfUp)
    return { bytes: ((length + 1) >> 1) + (check === CHECK.signPacked ? 1 : 0), odd: length & 1 };
  if (unit === UNIT.halfExact) return length % 2 === 1 ? undefined : { bytes: length >> 1, odd: 0 };
  return { bytes: unit === UNIT.double ? length * 2 : length, odd: 0 };
}

function quickPrefixOf(prefix: PrefixSpec): number {
  if (prefix.inclusive === true) return QUICK.none;
  const bytes = prefixBytesOf(prefix);
  if (prefix.encoding === 'bcd' && (prefix.size ?? 0) % 2 === 0 && bytes <= 2)
    return bytes === 1 ? QUICK.bcd1 : QUICK.bcd2;
  if (prefix.encoding === 'bcd' && bytes === 2) return QUICK.bcd2;
  if (prefix.encoding === 'ascii' && (bytes === 2 || bytes === 3)) return bytes === 2 ? QUICK.ascii2 : QUICK.ascii3;
  return prefix.encoding === 'binary' && bytes === 1 ? QUICK.binary1 : QUICK.none;
}

/** Bytes that a prefix of this form takes on the wire (ber: its shortest form). */
export function prefixBytesOf(prefix: PrefixSpec): number {
  const size = prefix.size ?? 1;
  return prefix.encoding === 'bcd' ? (size + 1) >> 1 : size;
}

/** The largest length a prefix can write. */
export function prefixCapacity(prefix: PrefixSpec): number {
  const size = prefix.size ?? 1;
  if (prefix.encoding === 'ber') return codecMessageBytesMax;
  if (prefix.encoding === 'binary') return 2 ** (8 * size) - 1;
  return (prefix.encoding === 'hex' ? 16 : 10) ** size - 1;
}

/** Parses a value rule; undefined when it is not one. */
export function parseRule(text: string): Rule | undefined {
  const ranges: Record<string, readonly [number, number]> = {
    YY: [0, 99],
    MM: [1, 12],
    DD: [1, 31],
    hh: [0, 23],
    mm: [0, 59],
    ss: [0, 59],
  };
  const zeroAllowed = text.endsWith('?');
  const body = zeroAllowed ? text.slice(0, -1) : text;
  const pairs: Array<readonly [number, number]> = [];
  for (let i = 0; i < body.length; i += 2) {
    const range = ranges[body.slice(i, i + 2)];
    if (range === undefined) return undefined;
    pairs.push(range);
  }
  return pairs.length === 0 ? undefined : { pairs, limits: Uint8Array.from(pairs.flat()), zeroAllowed, text: body };
}

function datesOf(rule: Rule | undefined): Uint8Array | undefined {
  if (rule === undefined) return undefined;
  const table = new Uint8Array(256 * rule.pairs.length);
  for (const [i, [least, most]] of rule.pairs.entries())
    for (let value = least; value <= most; value++) table[i * 256 + (((value / 10) | 0) << 4) + (value % 10)] = 1;
  return table;
}

const allowedTables = new Map<Uint8Array, Map<number, Uint8Array>>();

/** 1 for each byte that has one of the bits in the table of masks. Nodes of one class share theirs, which thus stays in the cache. */
function allowed(masks: Uint8Array, bits: number): Uint8Array {
  const tables = allowedTables.get(masks) ?? new Map<number, Uint8Array>();
  allowedTables.set(masks, tables);
  const table = tables.get(bits) ?? masks.map((mask) => ((mask & bits) === 0 ? 0 : 1));
  tables.set(bits, table);
  return table;
}

const bitmapForms = { binary: 0, hex: 1, 'hex-ebcdic': 2 };

const prefixCodes = {
  ascii: PREFIX.ascii,
  ebcdic: PREFIX.ebcdic,
  bcd: PREFIX.bcd,
  binary: PREFIX.binary,
  hex: PREFIX.hex,
  ber: PREFIX.ber,
};

class Compiler {
  readonly nodes: Node[] = [];
  private top: Node | undefined;

  node(id: string, path: string, bit: number, depth: number, element: ElementSpec, known = true): Draft {
    const encoding = element.encoding ?? 'binary';
    const cls = classOf(element);
    const prefix = element.prefix;
    const page = pageOf(encoding);
    const counts = element.prefix?.counts ?? element.counts;
    const z = cls === 'z';
    const filler = Number.parseInt(element.odd?.filler ?? '0', 16);
    const unit = unitOf(encoding, counts);
    const check = checkOf(encoding, cls);
    const fixed =
      element.length === undefined || prefix !== undefined ? undefined : fixedBytesOf(unit, check, element.length);
    const left = (element.odd?.side ?? 'left') === 'left';
    const draft: Draft = {
      index: this.nodes.length,
      id: interned(id),
      path: interned(path),
      name: element.name,
      bit,
      depth,
      top: undefined,
      known,
      view: viewOf(encoding),
      page,
      prefix: prefix === undefined ? PREFIX.none : prefixCodes[prefix.encoding],
      prefixSize: prefix?.size ?? 0,
      prefixBytes: prefix === undefined ? 0 : prefixBytesOf(prefix),
      inclusive: prefix?.inclusive ?? false,
      unit,
      min: element.length ?? element.minLength ?? 0,
      max:
        element.length ?? element.maxLength ?? (prefix === undefined ? codecMessageBytesMax : prefixCapacity(prefix)),
      check,
      masks: viewOf(encoding) === VIEW.ebcdic ? ebcdicMasks[page] : latin1Masks,
      mask: classMasks[cls],
      track: z,
      table:
        check === CHECK.packed
          ? allowed(packedMasks, z ? 2 : 1)
          : allowed(viewOf(encoding) === VIEW.ebcdic ? ebcdicMasks[page] : latin1Masks, classMasks[cls]),
      checked: check === CHECK.packed || check === CHECK.text,
      fixedBytes: fixed === undefined ? -1 : fixed.bytes,
      fixedOdd: fixed === undefined ? 0 : fixed.odd,
      plainFixed:
        fixed !== undefined &&
        element.composite === undefined &&
        check < CHECK.signText &&
        (fixed.odd === 0 || (left && filler === 0 && check === CHECK.packed)),
      noted: false,
      firstByteMax: fixed?.odd === 1 ? 15 : 255,
      plainBer:
        prefix?.encoding === 'ber' && encoding === 'binary' && unit === UNIT.same && element.composite === undefined,
      extra: check === CHECK.signText || check === CHECK.signPacked || element.rule !== undefined,
      quickPrefix: prefix === undefined ? 0 : quickPrefixOf(prefix),
      packedFull: z ? 12 : 3,
      packedFirst: z ? 4 : 1,
      packedLast: z ? 8 : 2,
      fillerLeft: left,
      filler,
      padLeft: element.pad?.side === 'left',
      padChar: element.pad?.char ?? '',
      rule: element.rule === undefined ? undefined : parseRule(element.rule),
      dated: encoding === 'bcd' && element.rule !== undefined ? datesOf(parseRule(element.rule)) : undefined,
      expected: classTexts[cls],
      kind: KIND.leaf,
      children: noNodes,
      byId: noIds,
      tags: noTags,
      recent: noRecent,
      unknown: undefined,
      tagForm: TAG.hex,
      tagBytes: 0,
      tagTable: latin1Masks,
      tagPage: 'ebcdic037',
      wire: noWire,
      bitmapBytes: 0,
      bitmapHex: false,
      sensitivity: element.sensitivity ?? 'none',
      mac: element.mac ?? false,
      codes: element.codes ?? '',
    };
    this.nodes.push(draft);
    if (depth === 0) this.top = draft;
    draft.top = this.top;
    if (element.composite !== undefined) this.composite(draft, element.composite);
    return draft;
  }

  private composite(draft: Draft, composite: CompositeSpec): void {
    draft.check = CHECK.none;
    draft.checked = false;
    draft.extra = false;
    const byId = new Map<string, Node>();
    const tags = new TagTable();
    const children: (Node | undefined)[] = [];
    draft.byId = byId;
    draft.tags = tags;
    draft.recent = new Array<Node | undefined>(recentMax).fill(undefined);
    draft.children = children;
    const tag =
      composite.kind === 'pds'
        ? ({ encoding: draft.view === VIEW.ebcdic ? draft.page : 'ascii', size: 4 } as const)
        : composite.tag;
    const length =
      composite.kind === 'pds'
        ? ({ encoding: draft.view === VIEW.ebcdic ? 'ebcdic' : 'ascii', size: 3 } as const)
        : composite.length;
    if (tag !== undefined) {
      draft.tagForm =
        tag.encoding === 'ascii'
          ? TAG.latin1
          : tag.encoding === 'bcd' || tag.encoding === 'binary'
            ? TAG.hex
            : TAG.ebcdic;
      draft.tagBytes = tag.encoding === 'bcd' ? (tag.size + 1) >> 1 : tag.size;
      draft.tagPage = pageOf(tag.encoding === 'binary' || tag.encoding === 'bcd' ? 'binary' : tag.encoding);
      draft.tagTable = draft.tagForm === TAG.ebcdic ? ebcdicMasks[draft.tagPage] : latin1Masks;
    }
    draft.bitmapBytes = composite.bitmap?.bytes ?? 0;
    draft.bitmapHex = composite.bitmap?.encoding === 'hex';
    draft.kind =
      composite.kind === 'positional'
        ? KIND.positional
        : composite.kind === 'bitmap'
          ? KIND.bitmap
          : composite.kind === 'ber-tlv'
            ? KIND.ber
            : KIND.tlv;
    const ids = composite.kind === 'positional' ? (composite.order ?? []) : Object.keys(composite.fields);
    for (const id of ids) {
      const element = withLength(composite.fields[id]!, draft.kind === KIND.ber ? berPrefix : length);
      const child = this.node(
        id,
        `${draft.path}.${id}`,
        draft.kind === KIND.bitmap ? Number(id) : 0,
        draft.depth + 1,
        element,
      );
      byId.set(id, child);
      child.noted = child.plainBer && draft.kind === KIND.ber && draft.depth === 0;
      if (draft.kind === KIND.positional) children.push(child);
      if (draft.kind === KIND.bitmap) children[Number(id)] = child;
      if (draft.kind === KIND.tlv || draft.kind === KIND.ber) {
        child.wire = tagWire(draft, id);
        tags.set(tagKey(child.wire), child);
      }
    }
    if ((draft.kind === KIND.tlv && length !== undefined) || draft.kind === KIND.ber) {
      if ((composite.unknownTags ?? 'keep') === 'keep') {
        const element: ElementSpec = {
          name: 'unknown element',
          encoding: composite.unknownEncoding ?? 'binary',
          class: 'any',
          sensitivity: 'none',
        };
        const prefixed = withLength(element, draft.kind === KIND.ber ? berPrefix : length);
        draft.unknown = this.node('?', `${draft.path}.?`, 0, draft.depth + 1, prefixed, false);
      }
    }
  }
}

/** The same text as the engine keeps it for literals: a path that a program writes down is then found without comparing characters. */
function interned(text: string): string {
  return Object.keys({ [text]: 0 })[0]!;
}

/** BER lengths count bytes, whatever the value is made of. */
const berPrefix: PrefixSpec = { encoding: 'ber', counts: 'bytes' };

function withLength(element: ElementSpec, prefix: PrefixSpec | undefined): ElementSpec {
  if (prefix === undefined || element.prefix !== undefined) return element;
  if (element.length === undefined) return { ...element, prefix };
  const { length, ...rest } = element;
  return { ...rest, prefix, minLength: length, maxLength: length };
}

/** The bytes of a tag as one number: at most 6 bytes, so that it stays exact. */
export function tagKey(wire: Uint8Array): number {
  let key = 0;
  for (const byte of wire) key = key * 256 + byte;
  return key;
}

/** The bytes of a tag on the wire. */
export function tagWire(node: Pick<Node, 'tagForm' | 'tagPage'>, id: string): Buffer {
  if (node.tagForm === TAG.hex) return Buffer.from(id.length % 2 === 1 ? `0${id}` : id, 'hex');
  const text = Buffer.from(id, 'latin1');
  if (node.tagForm === TAG.latin1) return text;
  const table = toEbcdic[node.tagPage];
  return Buffer.from(text.map((byte) => table[byte]!));
}

/** Compiles a checked specification. */
export function compilePlan(spec: DialectSpec): Plan {
  const compiler = new Compiler();
  const header = spec.header === undefined ? undefined : compiler.node('header', 'header', 0, 0, spec.header);
  const mti = compiler.node('mti', 'mti', 0, 0, {
    name: 'Message type indicator',
    encoding: spec.mti.encoding,
    class: 'n',
    length: 4,
  });
  const fields: (Node | undefined)[] = new Array<Node | undefined>(193).fill(undefined);
  const top = new Map<string, Node>([['mti', mti]]);
  if (header !== undefined) top.set('header', header);
  for (const [id, element] of Object.entries(spec.fields)) {
    const node = compiler.node(id, id, Number(id), 0, element);
    fields[Number(id)] = node;
    top.set(id, node);
  }
  const bitmap = spec.bitmap;
  const hexCase = bitmap.hexCase ?? 'upper';
  return {
    spec,
    nodes: compiler.nodes,
    fields,
    bits: fields.flatMap((node) => (node === undefined ? [] : [node.bit])),
    top,
    byPath: new Map(compiler.nodes.map((node) => [node.path, node])),
    header,
    mti,
    mtiAllow: spec.mti.allow,
    mtiDigits:
      spec.mti.allow === undefined
        ? undefined
        : Int32Array.from(spec.mti.allow, (set) => [...set].reduce((bits, digit) => bits | (1 << Number(digit)), 0)),
    lead: header === undefined ? 1 : 2,
    maxBits: bitmap.fixedBits ?? bitmap.maxBits ?? 128,
    bitmapFixed: bitmap.fixedBits !== undefined,
    firstBitOne: bitmap.firstBit === 'one',
    bitmapForm: bitmapForms[bitmap.encoding],
    extensionForm: bitmapForms[bitmap.extensionEncoding ?? bitmap.encoding],
    bitmapCase: hexCase === 'upper' ? 0 : hexCase === 'lower' ? 1 : 2,
    macNodes: fields.filter((node): node is Node => node?.mac === true),
  };
}
