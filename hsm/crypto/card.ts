// The facts of a card number: syntax, Luhn, track 2, and the compact forms that are enciphered. Pure; answers are values, never messages with data.

export interface ClearCard {
  readonly pan: string;
  /** YYMM. */
  readonly expiryYymm: string;
  readonly cvv2?: string;
  /** `PAN=YYMMSVC...`, without sentinels. */
  readonly track2?: string;
}

/** ISO/IEC 7812-1: 12 to 19 digits with a Luhn check digit. */
export function isPan(pan: string): boolean {
  if (!/^[0-9]{12,19}$/.test(pan)) return false;
  let sum = 0;
  for (let i = 0; i < pan.length; i++) {
    const digit = pan.charCodeAt(pan.length - 1 - i) - 48;
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** YYMM with a month that exists. Whether it has passed is the issuer's to say. */
export function isExpiry(yymm: string): boolean {
  return /^[0-9]{2}(0[1-9]|1[0-2])$/.test(yymm);
}

export function isCvv2(cvv2: string): boolean {
  return /^[0-9]{3,4}$/.test(cvv2);
}

/** ISO/IEC 7813 track 2 as terminals send it: `PAN=YYMM`, then optionally service code and discretionary data, to 37 characters. Undefined = not a card. */
export function parseTrack2(text: string): ClearCard | undefined {
  const match = /^;?([0-9]{12,19})[=D]([0-9]{4})([0-9]{0,17})\??$/.exec(text);
  const [, pan, expiryYymm, rest] = match ?? [];
  if (pan === undefined || expiryYymm === undefined || rest === undefined || !isPan(pan) || !isExpiry(expiryYymm))
    return undefined;
  if (rest === '') return { pan, expiryYymm };
  const track2 = `${pan}=${expiryYymm}${rest}`;
  return track2.length > 37 ? undefined : { pan, expiryYymm, track2 };
}

/** Length of the packed card: the same for every PAN length, so that a vault token does not tell it. */
export const PACKED_CARD_BYTES = 13;

/** u8 digits | 10 bytes PAN, BCD, right-padded with F | 2 bytes expiry, BCD. */
export function packCard(pan: string, expiryYymm: string): Buffer {
  const out = Buffer.alloc(PACKED_CARD_BYTES);
  out[0] = pan.length;
  out.write(pan.padEnd(20, 'f'), 1, 'hex');
  out.write(expiryYymm, 11, 'hex');
  return out;
}

/** The reverse of packCard. The input was authenticated: its form is trusted. */
export function unpackCard(packed: Buffer): { readonly pan: string; readonly expiryYymm: string } {
  return { pan: packed.toString('hex', 1, 11).slice(0, packed[0]), expiryYymm: packed.toString('hex', 11, 13) };
}
