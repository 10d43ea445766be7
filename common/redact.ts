// Card data must not print by accident: finds what looks like a PAN and masks it.

/** True if the digits pass the Luhn check (ISO/IEC 7812-1, annex B). */
export function luhn(digits: string): boolean {
  let sum = 0;
  let double = false;
  for (let i = digits.length - 1; i >= 0; i -= 1) {
    let n = digits.charCodeAt(i) - 48;
    if (n < 0 || n > 9) return false;
    if (double) {
      n *= 2;
      if (n > 9) n -= 9;
    }
    sum += n;
    double = !double;
  }
  return sum % 10 === 0;
}

// Major industry identifiers that payment cards use; issuer ranges start with 2 to 6, so times and counters starting with 0, 1 or 9 are not taken for cards.
const panLike = /(?<![0-9A-Za-z])[2-6]\d{12,18}(?!\d)/g;

/** The places in a text where a PAN seems to stand: 13 to 19 digits, an issuer's first digit, Luhn holds. */
export function findPans(text: string): Array<{ readonly at: number; readonly length: number }> {
  const found: Array<{ at: number; length: number }> = [];
  for (const match of text.matchAll(panLike)) {
    if (luhn(match[0])) found.push({ at: match.index, length: match[0].length });
  }
  return found;
}

/** A PAN as it may be shown: first 6 and last 4 (PCI DSS 3.4.1); shorter than 13 digits: nothing. */
export function maskPan(pan: string): string {
  if (pan.length < 13) return '*'.repeat(pan.length);
  return pan.slice(0, 6) + '*'.repeat(pan.length - 10) + pan.slice(-4);
}

/** A text with every PAN-like run masked. */
export function redact(text: string): string {
  return text.replace(panLike, (digits) => (luhn(digits) ? maskPan(digits) : digits));
}
