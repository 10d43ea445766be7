import { luhn, maskPan } from '../../common/redact.ts';
import type { Message } from './message.ts';
import { VIEW } from './plan.ts';
import { REC } from './scan-records.ts';
import type { Sensitivity } from './spec.ts';

/** True when the digits have the length, the leading digits and the check digit (ISO/IEC 7812-1, Annex B) of a card number. */
export function looksLikePan(digits: string): boolean {
  return digits.length >= 13 && digits.length <= 19 && digits[0]! >= '2' && digits[0]! <= '6' && luhn(digits);
}

const digitRun = /\d(?:[ -]?\d){12,}/g;

/** Masks every stretch of digits in a text that could be a card number, also within longer runs and with blanks or dashes between. */
export function scrubPans(text: string): string {
  return text.replace(digitRun, (run) => {
    const places: number[] = [];
    for (let i = 0; i < run.length; i++) if (run[i]! >= '0' && run[i]! <= '9') places.push(i);
    const digits = places.map((i) => run[i]).join('');
    const hidden = new Set<number>();
    for (let from = 0; from + 13 <= digits.length; from++) {
      for (let length = Math.min(19, digits.length - from); length >= 13; length--) {
        if (!looksLikePan(digits.slice(from, from + length))) continue;
        for (let i = from + 6; i < from + length - 4; i++) hidden.add(places[i]!);
      }
    }
    return hidden.size === 0 ? run : [...run].map((c, i) => (hidden.has(i) ? '*' : c)).join('');
  });
}

/** True when binary data holds a card number: packed, or as ASCII or EBCDIC digits. */
export function bytesHoldPan(bytes: Uint8Array): boolean {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex').toUpperCase();
  if (scrubPans(hex) !== hex) return true;
  const text = String.fromCharCode(...bytes.map((b) => (b >= 0xf0 && b <= 0xf9 ? b - 0xc0 : b)));
  return scrubPans(text) !== text;
}

/** What may be shown of a value: by its own sensitivity, or its composite's when it has none of its own. */
export function maskValue(sensitivity: Sensitivity, text: string, bytes: Uint8Array, binary: boolean): string {
  switch (sensitivity) {
    case 'none':
      if (binary) return bytesHoldPan(bytes) ? `[hidden, ${bytes.length} bytes: looks like a card number]` : text;
      return scrubPans(text);
    case 'pan':
      return binary && !/^\d+F?$/.test(text) ? `[pan, ${bytes.length} bytes]` : maskPan(text.replace(/F$/, ''));
    case 'track':
    case 'pin':
    case 'cvv':
    case 'crypto':
    case 'secret':
      return `[${sensitivity}, ${bytes.length} bytes]`;
    default: {
      const never: never = sensitivity;
      return never;
    }
  }
}

/** Masked text of a record; `inherited` is the sensitivity of the composite around it. */
export function maskRecord(
  message: Message,
  rec: number,
  inherited: Sensitivity,
): { readonly text: string; readonly sensitivity: Sensitivity } {
  const node = message.node(rec);
  const sensitivity = node.sensitivity === 'none' ? inherited : node.sensitivity;
  const offset = message.slab[rec + REC.offset]!;
  const bytes = message.raw.subarray(offset, offset + message.slab[rec + REC.length]!);
  return { text: maskValue(sensitivity, message.text(rec), bytes, node.view === VIEW.hex), sensitivity };
}
