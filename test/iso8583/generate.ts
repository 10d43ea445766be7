import { latin1Masks } from '../../acquirer-gateway/iso8583/charset.ts';
import type { FieldValue, MessageInput } from '../../acquirer-gateway/iso8583/message.ts';
import { CHECK, KIND, type Node, type Plan, PREFIX, TAG, UNIT, VIEW } from '../../acquirer-gateway/iso8583/plan.ts';
import { codecMessageBytesMax } from '../../common/limits.ts';

// Test helper: valid random messages of a dialect from a seed. Used by property tests, the fuzz runner and the leak test.

/** Deterministic random numbers (mulberry32): the same seed gives the same messages on every machine. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** An integer from 0 to below - 1. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
  }

  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  digits(count: number): string {
    let out = '';
    for (let i = 0; i < count; i++) out += String(this.below(10));
    return out;
  }
}

const alphabets = new Map<number, string>();

function alphabet(mask: number): string {
  let found = alphabets.get(mask);
  if (found === undefined) {
    found = '';
    for (let code = 0; code < 256; code++) if ((latin1Masks[code]! & mask) !== 0) found += String.fromCharCode(code);
    alphabets.set(mask, found);
  }
  return found;
}

const hexDigits = '0123456789ABCDEF';

/** Makes messages of one dialect, in the form that toInput() gives back. */
export class Generator {
  private readonly plan: Plan;
  private readonly random: Random;

  constructor(plan: Plan, random: Random) {
    this.plan = plan;
    this.random = random;
  }

  /** One message with about `fieldShare` percent of the dialect's fields. */
  message(fieldShare = this.random.pick([5, 15, 30, 60])): MessageInput {
    const { plan, random } = this;
    const fields: Record<string, FieldValue> = {};
    if (plan.header !== undefined) fields['header'] = this.value(plan.header, plan.header.max);
    for (const bit of plan.bits)
      if (random.below(100) < fieldShare) fields[String(bit)] = this.value(plan.fields[bit]!, 400);
    const mti =
      plan.mtiAllow === undefined ? random.digits(4) : plan.mtiAllow.map((set) => random.pick([...set])).join('');
    return { mti, fields };
  }

  /** A value of one element that takes at most `room` bytes. */
  value(node: Node, room: number): FieldValue {
    if (node.kind !== KIND.leaf) return this.composite(node, Math.min(room, this.maxBytes(node)));
    if (node.rule !== undefined) return this.ruled(node);
    const units = this.units(node, room);
    switch (node.view) {
      case VIEW.hex:
        return this.text(hexDigits, 2 * (node.unit === UNIT.halfExact ? units >> 1 : units));
      case VIEW.bcd:
        return this.packed(node, node.unit === UNIT.same ? units * 2 : units);
      case VIEW.signedBcd:
        return this.random.pick(['C', 'D']) + this.random.digits(node.unit === UNIT.same ? (units - 1) * 2 : units);
      default: {
        const length = node.unit === UNIT.double ? units * 2 : node.unit === UNIT.halfExact ? units >> 1 : units;
        if (node.check === CHECK.signText && length > 0)
          return this.random.pick(['C', 'D']) + this.random.digits(length - 1);
        return this.text(alphabet(node.mask), length);
      }
    }
  }

  private packed(node: Node, digits: number): string {
    if (node.check === CHECK.none) return this.text(hexDigits, digits);
    const text = this.random.digits(digits);
    if (!node.track || digits < 3) return text;
    const at = this.random.between(1, digits - 1);
    return `${text.slice(0, at)}D${text.slice(at + 1)}`;
  }

  private text(from: string, length: number): string {
    let out = '';
    for (let i = 0; i < length; i++) out += from[this.random.below(from.length)]!;
    return out;
  }

  private ruled(node: Node): string {
    const rule = node.rule!;
    if (rule.zeroAllowed && this.random.below(8) === 0) return '00'.repeat(rule.pairs.length);
    return rule.pairs.map(([min, max]) => String(this.random.between(min, max)).padStart(2, '0')).join('');
  }

  private units(node: Node, room: number): number {
    if (node.min === node.max) return node.min;
    const perByte = node.unit === UNIT.halfUp || node.unit === UNIT.halfExact ? 2 : 1;
    const cap = Math.min(
      node.max,
      Math.floor(room / (node.unit === UNIT.double ? 2 : 1)) * perByte,
      this.random.below(20) === 0 ? 300 : 24,
    );
    let units = this.random.between(node.min, Math.max(node.min, cap));
    if (node.unit === UNIT.halfExact) units &= ~1;
    // An element without prefix and length is the rest of its container: absent when empty, and whole bytes.
    if (node.prefix === PREFIX.none) units = Math.max(node.unit === UNIT.halfUp ? units & ~1 : units, perByte);
    return units;
  }

  private maxBytes(node: Node): number {
    return node.unit === UNIT.halfUp || node.unit === UNIT.halfExact
      ? node.max >> 1
      : Math.min(node.max, codecMessageBytesMax);
  }

  private composite(node: Node, room: number): FieldValue {
    const pairs: Array<readonly [string, FieldValue]> = [];
    let left = room;
    if (node.kind === KIND.positional) {
      const children = node.children as readonly Node[];
      const count = node.min === node.max ? children.length : this.random.between(1, children.length);
      for (const child of children.slice(0, count)) {
        const value = this.value(child, Math.max(1, left - 8));
        left -= sizeOf(value) + 8;
        if (left < 0 && node.min !== node.max) break;
        // A composite that is the rest of its container is absent when empty.
        if (
          child.prefix === PREFIX.none &&
          child.min !== child.max &&
          typeof value !== 'string' &&
          sizeOf(value) === 32
        )
          break;
        pairs.push([child.id, value]);
      }
      return pairs;
    }
    if (node.kind === KIND.bitmap) {
      left -= node.bitmapHex ? node.bitmapBytes * 2 : node.bitmapBytes;
      for (const child of node.children) {
        if (child === undefined || this.random.below(3) > 0) continue;
        const value = this.value(child, Math.max(0, left - 8));
        if (sizeOf(value) + 8 > left) continue;
        left -= sizeOf(value) + 8;
        pairs.push([child.id, value]);
      }
      return pairs;
    }
    const known = [...node.byId.values()];
    for (let tries = this.random.below(8); tries > 0; tries--) {
      const unknown = known.length === 0 || (node.unknown !== undefined && this.random.below(4) === 0);
      const child = unknown ? node.unknown : this.random.pick(known);
      if (child === undefined) break;
      const id = unknown ? this.unknownTag(node) : child.id;
      if (id === undefined) continue;
      const value = this.value(child, Math.max(0, left - 12));
      if (sizeOf(value) + 12 > left) break;
      left -= sizeOf(value) + 12;
      pairs.push([id, value]);
    }
    return pairs;
  }

  private unknownTag(node: Node): string | undefined {
    const { random } = this;
    let id: string;
    if (node.kind === KIND.ber)
      id = random.pick([
        `DF${hexByte(random.below(128))}`,
        `DF8${random.below(10)}${hexByte(random.below(128))}`,
        `C${random.below(10)}`,
        '9F7F',
      ]);
    else if (node.tagForm === TAG.hex)
      id = this.text(node.tagPage === 'ebcdic037' ? hexDigits : '0123456789', node.tagBytes * 2);
    else id = this.text('0123456789ABCxyz', node.tagBytes);
    return node.byId.has(id) ? undefined : id;
  }
}

function hexByte(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, '0');
}

/** An upper bound of the bytes that a value takes. */
function sizeOf(value: FieldValue): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  return (value as ReadonlyArray<readonly [string, FieldValue]>).reduce(
    (sum, [, inner]) => sum + sizeOf(inner) + 12,
    32,
  );
}

/** Digits with a correct check digit (ISO/IEC 7812-1, Annex B) that start like a card number of a test range. */
export function randomPan(random: Random): string {
  const length = random.pick([13, 15, 16, 16, 16, 18, 19]);
  const body = random.pick(['4', '51', '55', '2221', '34', '37', '6011', '65', '36']) + random.digits(length);
  const digits = body.slice(0, length - 1);
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let digit = Number(digits[digits.length - 1 - i]);
    if (i % 2 === 0) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return digits + String((10 - (sum % 10)) % 10);
}
