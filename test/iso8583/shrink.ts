import type { MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import { scrubPans } from '../../acquirer-gateway/iso8583/mask.ts';

// Test helper: makes what the fuzz runner found small enough to be read.

/** Tries for one finding: an input of some hundred bytes needs fewer, and an input that is slow must not hold up the run. */
const triesMax = 4000;

/** A shorter and plainer input of which `fails` still holds: pieces are cut out, then bytes become zero. */
export function shrinkBytes(bytes: Buffer, fails: (candidate: Buffer) => boolean): Buffer {
  let best = bytes;
  let tries = 0;
  const keep = (candidate: Buffer): boolean => {
    if (tries++ >= triesMax || !fails(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let size = best.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= best.length; ) {
      if (!keep(Buffer.concat([best.subarray(0, at), best.subarray(at + size)]))) at += size;
    }
  }
  for (let at = 0; at < best.length; at++) {
    if (best[at] === 0) continue;
    const candidate = Buffer.from(best);
    candidate[at] = 0;
    keep(candidate);
  }
  return best;
}

/** A message with fewer fields of which `fails` still holds. */
export function shrinkMessage(input: MessageInput, fails: (candidate: MessageInput) => boolean): MessageInput {
  let best = input;
  for (const key of Object.keys(input.fields)) {
    const fields = Object.fromEntries(Object.entries(best.fields).filter(([other]) => other !== key));
    if (fails({ mti: best.mti, fields })) best = { mti: best.mti, fields };
  }
  return best;
}

/** Hexadecimal for a report. What could be a card number is hidden: seed and case make the input again. */
export function maskedHex(bytes: Buffer): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte >= 0xf0 && byte <= 0xf9 ? byte - 0xc0 : byte)).join(
    '',
  );
  const digits = scrubPans(text) !== text;
  const hex = Array.from(bytes, (byte, i) =>
    digits && /\d/.test(text[i]!) ? '**' : byte.toString(16).toUpperCase().padStart(2, '0'),
  ).join('');
  return scrubPans(hex);
}
