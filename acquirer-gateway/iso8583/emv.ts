// EMV data elements as bits (EMV Book 3, Annex C; Book 4, Annex A), for people only. Each entry is [byte from 1, mask, meaning].

type Bit = readonly [byte: number, mask: number, meaning: string];

const bits: Readonly<Record<string, readonly Bit[]>> = {
  '82': [
    [1, 0x40, 'SDA'],
    [1, 0x20, 'DDA'],
    [1, 0x10, 'cardholder verification'],
    [1, 0x08, 'terminal risk management'],
    [1, 0x04, 'issuer authentication'],
    [1, 0x01, 'CDA'],
  ],
  '95': [
    [1, 0x80, 'offline data authentication not performed'],
    [1, 0x40, 'SDA failed'],
    [1, 0x20, 'chip data missing'],
    [1, 0x10, 'card on exception file'],
    [1, 0x08, 'DDA failed'],
    [1, 0x04, 'CDA failed'],
    [2, 0x80, 'application versions differ'],
    [2, 0x40, 'expired'],
    [2, 0x20, 'not yet effective'],
    [2, 0x10, 'service not allowed'],
    [2, 0x08, 'new card'],
    [3, 0x80, 'cardholder verification failed'],
    [3, 0x40, 'unknown verification method'],
    [3, 0x20, 'PIN tries exceeded'],
    [3, 0x10, 'PIN pad not working'],
    [3, 0x08, 'PIN not entered'],
    [3, 0x04, 'online PIN entered'],
    [4, 0x80, 'over floor limit'],
    [4, 0x40, 'lower offline limit exceeded'],
    [4, 0x20, 'upper offline limit exceeded'],
    [4, 0x10, 'randomly selected for online'],
    [4, 0x08, 'merchant forced online'],
    [5, 0x80, 'default TDOL used'],
    [5, 0x40, 'issuer authentication failed'],
    [5, 0x20, 'script failed before final cryptogram'],
    [5, 0x10, 'script failed after final cryptogram'],
  ],
  '9B': [
    [1, 0x80, 'offline data authentication performed'],
    [1, 0x40, 'cardholder verification performed'],
    [1, 0x20, 'card risk management performed'],
    [1, 0x10, 'issuer authentication performed'],
    [1, 0x08, 'terminal risk management performed'],
    [1, 0x04, 'script processed'],
  ],
  '9F33': [
    [1, 0x80, 'manual entry'],
    [1, 0x40, 'magnetic stripe'],
    [1, 0x20, 'chip'],
    [2, 0x80, 'offline plain PIN'],
    [2, 0x40, 'online PIN'],
    [2, 0x20, 'signature'],
    [2, 0x10, 'offline enciphered PIN'],
    [2, 0x08, 'no verification'],
    [3, 0x80, 'SDA'],
    [3, 0x40, 'DDA'],
    [3, 0x20, 'card capture'],
    [3, 0x08, 'CDA'],
  ],
};

const cryptograms = ['AAC, declined', 'TC, approved offline', 'ARQC, online requested', 'reserved'];
const methods: Readonly<Record<number, string>> = {
  0: 'failed',
  1: 'plain PIN by card',
  2: 'online PIN',
  3: 'plain PIN by card and signature',
  4: 'enciphered PIN by card',
  5: 'enciphered PIN by card and signature',
  30: 'signature',
  31: 'no verification',
};
const results = ['unknown', 'failed', 'successful'];

/** Meaning of an EMV element's value (bytes), or undefined when there is nothing to say. */
export function emvMeaning(tag: string, value: Uint8Array): string | undefined {
  const table = bits[tag];
  if (table !== undefined)
    return (
      table
        .filter(([byte, mask]) => ((value[byte - 1] ?? 0) & mask) !== 0)
        .map(([, , meaning]) => meaning)
        .join('; ') || undefined
    );
  if (value.length === 0) return undefined;
  if (tag === '9F27') return cryptograms[value[0]! >> 6];
  if (tag === '9F34' && value.length === 3)
    return `${methods[value[0]! & 0x3f] ?? 'other method'}, ${results[value[2]!] ?? 'reserved'}`;
  return undefined;
}
