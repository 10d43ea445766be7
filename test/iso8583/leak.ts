import { classMasks } from '../../acquirer-gateway/iso8583/charset.ts';
import type { FieldValue, MessageInput } from '../../acquirer-gateway/iso8583/message.ts';
import { KIND, type Node, type Plan, UNIT, VIEW } from '../../acquirer-gateway/iso8583/plan.ts';
import type { Random } from './generate.ts';

// Test helper: plants card numbers wherever a value of a message could hold one.

/** The message with card numbers planted in about half of the values that have room for one, and the numbers. */
export function plantPans(
  plan: Plan,
  input: MessageInput,
  random: Random,
  pan: (random: Random) => string,
): { readonly input: MessageInput; readonly pans: readonly string[] } {
  const pans: string[] = [];
  const plantIn = (node: Node, value: FieldValue): FieldValue => {
    if (node.kind !== KIND.leaf) {
      if (typeof value === 'string' || value instanceof Uint8Array) return value;
      return (value as ReadonlyArray<readonly [string, FieldValue]>).map(
        ([id, inner]) => [id, plantIn(node.byId.get(id) ?? node.unknown ?? node, inner)] as const,
      );
    }
    if (typeof value !== 'string' || random.below(2) === 0) return value;
    const number = pan(random);
    const planted = plantText(node, value, number, random);
    if (planted === undefined) return value;
    pans.push(number);
    return planted;
  };
  const fields = Object.fromEntries(
    Object.entries(input.fields).map(([key, value]) => [key, plantIn(plan.top.get(key)!, value)]),
  );
  return { input: { mti: input.mti, fields }, pans };
}

function plantText(node: Node, value: string, pan: string, random: Random): string | undefined {
  if (node.rule !== undefined || node.view === VIEW.signedBcd) return undefined;
  const hex = node.view === VIEW.hex;
  // Binary values may hold the number packed, in ASCII or in EBCDIC digits.
  const form = random.below(3);
  const body =
    !hex || form === 0
      ? pan
      : form === 1
        ? Buffer.from(pan, 'latin1').toString('hex').toUpperCase()
        : [...pan].map((d) => `F${d}`).join('');
  if (
    !hex &&
    node.view !== VIEW.bcd &&
    (node.mask &
      (classMasks.n | classMasks.any | classMasks.any7 | classMasks.hex | classMasks.hexLower | classMasks.z)) ===
      0
  )
    return undefined;
  const perUnit = hex
    ? node.unit === UNIT.halfExact
      ? 1
      : 2
    : node.unit === UNIT.double || (node.view === VIEW.bcd && node.unit === UNIT.same)
      ? 2
      : 1;
  const fixed = node.min === node.max;
  const room = fixed ? value.length : Math.min(node.max * perUnit, value.length + body.length + 4);
  if (body.length > room) return undefined;
  if (!fixed && node.min === 0 && random.below(2) === 0) return even(body, perUnit, hex, room);
  const at = hex
    ? random.below(((value.length < body.length ? 0 : value.length - body.length) >> 1) + 1) * 2
    : random.below(Math.max(0, value.length - body.length) + 1);
  const whole = value.slice(0, at) + body + value.slice(at + body.length);
  if (fixed) return whole.length === value.length ? whole : undefined;
  return even(whole, perUnit, hex, room);
}

function even(text: string, perUnit: number, hex: boolean, room: number): string | undefined {
  const padded = (hex || perUnit === 2) && text.length % 2 === 1 ? `${text}0` : text;
  return padded.length > room ? undefined : padded;
}
