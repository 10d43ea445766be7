import { Ajv, type ErrorObject } from 'ajv';
import { codecNestingDepthMax } from '../../common/limits.ts';
import { codeTableNames } from './codes.ts';
import { parseRule, prefixCapacity } from './compile-plan.ts';
import type { SpecFault } from './errors.ts';
import type { CompositeSpec, DialectSpec, ElementSpec, PrefixSpec } from './spec.ts';
import { specSchema } from './spec-schema.ts';

export type CheckedSpec =
  | { readonly ok: true; readonly spec: DialectSpec }
  | { readonly ok: false; readonly name: string; readonly faults: readonly SpecFault[] };

const validateShape = new Ajv({ allErrors: true, strict: false }).compile(specSchema);

/** Checks a specification document: its shape by the JSON Schema, then what a schema cannot say. All faults are reported. */
export function checkSpec(json: unknown): CheckedSpec {
  const name =
    typeof json === 'object' && json !== null && 'name' in json && typeof json.name === 'string'
      ? json.name
      : '(unnamed)';
  if (!validateShape(json)) return { ok: false, name, faults: (validateShape.errors ?? []).map(shapeFault) };
  const spec = json as DialectSpec;
  const faults = new SemanticCheck(spec).run();
  return faults.length === 0 ? { ok: true, spec } : { ok: false, name, faults };
}

function shapeFault(error: ErrorObject): SpecFault {
  const params = error.params as Record<string, unknown>;
  const extra = typeof params['additionalProperty'] === 'string' ? params['additionalProperty'] : undefined;
  if (extra !== undefined) return { pointer: `${error.instancePath}/${escapePointer(extra)}`, message: 'unknown key' };
  const allowed = Array.isArray(params['allowedValues']) ? `: ${params['allowedValues'].join(', ')}` : '';
  return { pointer: error.instancePath, message: `${error.message ?? 'invalid'}${allowed}` };
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

class SemanticCheck {
  private readonly spec: DialectSpec;
  private readonly faults: SpecFault[] = [];

  constructor(spec: DialectSpec) {
    this.spec = spec;
  }

  run(): SpecFault[] {
    const { bitmap, header } = this.spec;
    if (header !== undefined) this.element('/header', header, 0);
    if (bitmap.maxBits !== undefined && bitmap.fixedBits !== undefined)
      this.add('/bitmap/maxBits', 'give maxBits or fixedBits, not both');
    if (bitmap.firstBit !== undefined && (bitmap.fixedBits ?? 64) === 64)
      this.add('/bitmap/firstBit', 'only for fixedBits of 128 or 192');
    if (
      bitmap.hexCase !== undefined &&
      bitmap.encoding === 'binary' &&
      (bitmap.extensionEncoding ?? 'binary') === 'binary'
    )
      this.add('/bitmap/hexCase', 'only for hexadecimal bitmaps');
    const bits = bitmap.fixedBits ?? bitmap.maxBits ?? 128;
    for (const [id, element] of Object.entries(this.spec.fields)) {
      const pointer = `/fields/${id}`;
      if (Number(id) > bits) this.add(pointer, `the bitmap ends at bit ${bits}`);
      if (id === '65' && bits === 192 && bitmap.fixedBits === undefined)
        this.add(pointer, 'bit 65 announces the tertiary bitmap');
      this.element(pointer, element, 0);
    }
    return this.faults;
  }

  private add(pointer: string, message: string): void {
    this.faults.push({ pointer, message });
  }

  private element(at: string, element: ElementSpec, depth: number, lengthGiven = false): void {
    if (depth > codecNestingDepthMax) this.add(at, `composites nest deeper than ${codecNestingDepthMax}`);
    if (element.length !== undefined && element.prefix !== undefined)
      this.add(`${at}/prefix`, 'an element has a fixed length or a prefix, not both');
    if (element.length !== undefined && (element.minLength ?? element.maxLength) !== undefined)
      this.add(`${at}/length`, 'a fixed length has no minimum and maximum');
    if (element.length === 0 && depth > 0 && !lengthGiven)
      this.add(`${at}/length`, 'a subfield of length 0 has no place on the wire');
    if ((element.minLength ?? 0) > (element.maxLength ?? Number.POSITIVE_INFINITY))
      this.add(`${at}/minLength`, 'is larger than maxLength');
    if (element.counts !== undefined && element.prefix !== undefined)
      this.add(`${at}/counts`, 'belongs into the prefix');
    if (element.prefix !== undefined) this.prefix(`${at}/prefix`, element.prefix, element, lengthGiven);
    if (element.mac === true && depth > 0) this.add(`${at}/mac`, 'only for fields of the message');
    this.classes(at, element);
    this.packed(at, element);
    if (element.pad !== undefined && (element.length === undefined || element.composite !== undefined))
      this.add(`${at}/pad`, 'only for text of fixed length');
    if (element.rule !== undefined) this.rule(at, element);
    if (element.codes !== undefined && !codeTableNames.includes(element.codes))
      this.add(`${at}/codes`, `is not one of ${codeTableNames.join(', ')}`);
    if (element.composite !== undefined) this.composite(`${at}/composite`, element.composite, element, depth);
  }

  private classes(at: string, element: ElementSpec): void {
    const encoding = element.encoding ?? 'binary';
    const cls = element.class;
    if (cls === undefined) return;
    if (element.composite !== undefined)
      this.add(`${at}/class`, 'a composite has no character class: its subfields have');
    else if (encoding === 'binary' && cls !== 'b') this.add(`${at}/class`, 'binary values have class b');
    else if (encoding === 'bcd' && !['n', 'z', 'hex', 'b'].includes(cls))
      this.add(`${at}/class`, 'packed values have class n, z or hex');
    else if (encoding === 'signed-bcd' && cls !== 'x+n') this.add(`${at}/class`, 'signed values have class x+n');
    else if (encoding === 'hex' && !['hex', 'hexLower'].includes(cls))
      this.add(`${at}/class`, 'hexadecimal values have class hex or hexLower');
  }

  private packed(at: string, element: ElementSpec): void {
    const packed = element.encoding === 'bcd' || element.encoding === 'signed-bcd';
    const counts = element.prefix?.counts ?? element.counts;
    const where = element.prefix === undefined ? `${at}/counts` : `${at}/prefix/counts`;
    if (element.odd !== undefined && !packed) this.add(`${at}/odd`, 'only for packed digits');
    if (counts === 'chars' && (packed || (element.encoding ?? 'binary') === 'binary'))
      this.add(where, 'packed and binary values have no characters to count');
    if (counts === 'digits' && !packed) this.add(where, 'only packed values count digits');
    if (element.composite !== undefined && (element.encoding === 'hex' || element.encoding === 'signed-bcd')) {
      this.add(`${at}/encoding`, 'a composite lies in bytes, characters or packed digits');
    }
    if (element.composite !== undefined && element.encoding === 'bcd' && (element.length ?? 0) % 2 === 1)
      this.add(`${at}/length`, 'a composite ends on a whole byte');
  }

  private rule(at: string, element: ElementSpec): void {
    const rule = parseRule(element.rule ?? '');
    const length = element.length ?? (element.minLength === element.maxLength ? element.maxLength : undefined);
    const numeric = element.class === 'n' || (element.encoding === 'bcd' && element.class === undefined);
    if (rule === undefined) this.add(`${at}/rule`, 'is not a rule');
    else if (
      !numeric ||
      element.encoding === 'binary' ||
      length !== rule.pairs.length * 2 ||
      element.counts === 'bytes'
    ) {
      this.add(`${at}/rule`, `needs exactly ${rule.pairs.length * 2} digits of class n`);
    }
  }

  private prefix(at: string, prefix: PrefixSpec, element: ElementSpec, shared: boolean): void {
    if (prefix.encoding === 'ber' ? prefix.size !== undefined : prefix.size === undefined) {
      this.add(`${at}/size`, prefix.encoding === 'ber' ? 'a BER length has no size' : 'is missing');
      return;
    }
    if (prefix.encoding === 'binary' && (prefix.size ?? 1) > 4)
      this.add(`${at}/size`, 'a binary length has at most 4 bytes');
    const bytesCounted =
      prefix.counts === 'bytes' ||
      prefix.counts === 'chars' ||
      (prefix.counts === undefined && !['bcd', 'signed-bcd'].includes(element.encoding ?? ''));
    if (prefix.inclusive === true && (!bytesCounted || prefix.encoding === 'ber'))
      this.add(`${at}/inclusive`, 'only for lengths that count bytes');
    if (shared) return;
    const room = prefixCapacity(prefix) - (prefix.inclusive === true ? 6 : 0);
    if (element.maxLength !== undefined && element.maxLength > prefixCapacity(prefix))
      this.add(`${at}/size`, `cannot write ${element.maxLength}`);
    else if (prefix.inclusive === true && (element.maxLength ?? Number.POSITIVE_INFINITY) > room)
      this.add(`${at}/inclusive`, 'needs a maxLength that leaves room for the prefix');
  }

  private composite(at: string, composite: CompositeSpec, owner: ElementSpec, depth: number): void {
    const needs: readonly string[] = {
      positional: ['order'],
      tlv: ['tag'],
      'ber-tlv': [],
      bitmap: ['bitmap'],
      pds: [],
    }[composite.kind];
    for (const key of ['order', 'tag', 'bitmap'] as const) {
      if (needs.includes(key) && composite[key] === undefined)
        this.add(`${at}/${key}`, `is missing: ${composite.kind} needs it`);
      if (!needs.includes(key) && composite[key] !== undefined)
        this.add(`${at}/${key}`, `has no meaning for ${composite.kind}`);
    }
    const tagged = composite.kind === 'tlv' || composite.kind === 'ber-tlv' || composite.kind === 'pds';
    if (!tagged && composite.unknownTags !== undefined) this.add(`${at}/unknownTags`, 'only for tagged composites');
    if (composite.length !== undefined && composite.kind !== 'tlv') this.add(`${at}/length`, 'only for kind tlv');
    if (composite.kind === 'tlv' && composite.length === undefined && composite.unknownTags === 'keep')
      this.add(`${at}/unknownTags`, 'unknown elements need a shared length');
    if (composite.length !== undefined) this.prefix(`${at}/length`, composite.length, { name: '' }, true);
    if (owner.pad !== undefined) this.add(`${at}`, 'a composite is not padded');
    for (const [id, element] of Object.entries(composite.fields)) {
      this.subfieldId(`${at}/fields/${id}`, composite, id);
      const shared =
        composite.kind === 'ber-tlv' ||
        composite.kind === 'pds' ||
        (composite.kind === 'tlv' && composite.length !== undefined);
      this.element(`${at}/fields/${id}`, element, depth + 1, shared);
      if (composite.kind === 'tlv' && !shared && element.prefix === undefined && element.length === undefined)
        this.add(`${at}/fields/${id}`, 'needs a length or a prefix');
    }
    for (const [i, id] of (composite.order ?? []).entries()) {
      if (!(id in composite.fields)) this.add(`${at}/order/${i}`, 'is not in fields');
    }
    if (composite.order !== undefined && composite.order.length < Object.keys(composite.fields).length)
      this.add(`${at}/order`, 'does not name every field');
  }

  private subfieldId(at: string, composite: CompositeSpec, id: string): void {
    switch (composite.kind) {
      case 'positional':
        return;
      case 'bitmap': {
        const bits = (composite.bitmap?.bytes ?? 0) * 8;
        if (!/^[1-9]\d{0,2}$/.test(id) || Number(id) > bits) this.add(at, `is not a bit from 1 to ${bits}`);
        return;
      }
      case 'ber-tlv':
        if (!/^(?:[0-9A-F]{2}){1,4}$/.test(id) || !berTag(id))
          this.add(at, 'is not a BER tag in upper-case hexadecimal');
        return;
      case 'tlv':
      case 'pds': {
        const tag = composite.kind === 'pds' ? { encoding: 'ascii', size: 4 } : composite.tag;
        if (tag === undefined) return;
        const digits = tag.encoding === 'binary' ? tag.size * 2 : tag.size;
        const form = tag.encoding === 'binary' ? /^[0-9A-F]+$/ : tag.encoding === 'bcd' ? /^[0-9]+$/ : /^[A-Za-z0-9]+$/;
        if (id.length !== digits || !form.test(id)) this.add(at, `is not a tag of ${digits} characters`);
        return;
      }
      default: {
        composite.kind satisfies never;
      }
    }
  }
}

function berTag(id: string): boolean {
  const bytes = Buffer.from(id, 'hex');
  if (bytes[0] === 0 || bytes[0] === 0xff) return false;
  const long = (bytes[0]! & 0x1f) === 0x1f;
  if (bytes.length > 1 !== long) return false;
  return bytes.every((byte, i) => i === 0 || ((byte & 0x80) !== 0) === i < bytes.length - 1);
}
