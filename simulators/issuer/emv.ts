// Chip data of an online request: what a cryptogram covers, by its cryptogram version number (CVN). Pure; the keys are in the HSM.
// EMV book 2, 8.1; Visa Integrated Circuit Card Specification, appendix D (CVN 10 and 18).
import type { ArqcItem } from '../../hsm/port.ts';

/** What the issuer needs to check a cryptogram. */
export interface Cryptogram {
  readonly arqc: Buffer;
  readonly session: ArqcItem['session'];
  readonly padding: ArqcItem['padding'];
  readonly atc: Buffer;
  readonly unpredictable: Buffer;
  /** The data elements that it covers, in order. */
  readonly data: Buffer;
}

interface CryptogramVersion {
  readonly session: ArqcItem['session'];
  readonly padding: ArqcItem['padding'];
  /** What follows the common elements: the card verification results alone, or the issuer application data whole. */
  readonly tail: (issuerApplicationData: string) => string;
}

/** By the second byte after the length of the issuer application data: derivation key index, CVN. */
const versions: Readonly<Record<string, CryptogramVersion>> = {
  '0A': { session: 'card', padding: 'visa', tail: (iad) => iad.slice(6, 14) },
  '12': { session: 'emv-common', padding: 'emv', tail: (iad) => iad },
};

/** Amount, other amount, terminal country, TVR, currency, date, type, unpredictable number, AIP, ATC. Bytes. */
const covered: ReadonlyArray<readonly [tag: string, bytes: number]> = [
  ['9F02', 6],
  ['9F03', 6],
  ['9F1A', 2],
  ['95', 5],
  ['5F2A', 2],
  ['9A', 3],
  ['9C', 1],
  ['9F37', 4],
  ['82', 2],
  ['9F36', 2],
];

/** Tags that the issuer reads. */
export const cryptogramTags: readonly string[] = ['9F26', '9F27', '9F10', ...covered.map(([tag]) => tag)];

/** Cryptogram information data: an online request (EMV book 3, 6.5.5.4). */
const arqcInformation = '80';

/**
 * Reads the cryptogram of chip data (tag to value, both upper-case hexadecimal), or undefined when it cannot be checked: it is no online request, an element that it covers is not sent, or
 * its version is not one of ours.
 */
export function readCryptogram(tags: Readonly<Record<string, string | undefined>>): Cryptogram | undefined {
  const iad = tags['9F10'] ?? '';
  const version = versions[iad.slice(4, 6)];
  const arqc = tags['9F26'] ?? '';
  if (version === undefined || tags['9F27'] !== arqcInformation || arqc.length !== 16) return undefined;
  let data = '';
  for (const [tag, bytes] of covered) {
    const value = tags[tag];
    if (value === undefined || value.length !== bytes * 2) return undefined;
    data += value;
  }
  return {
    arqc: Buffer.from(arqc, 'hex'),
    session: version.session,
    padding: version.padding,
    atc: Buffer.from(tags['9F36'] ?? '', 'hex'),
    unpredictable: Buffer.from(tags['9F37'] ?? '', 'hex'),
    data: Buffer.from(data + version.tail(iad), 'hex'),
  };
}

/** ARC of an approval in tag 91 (EMV book 4, A6). */
export const approvalCode: Buffer = Buffer.from('00', 'latin1');

/** Tag 91, issuer authentication data of method 1: ARPC (8) and the response code it was made with (2). */
export function issuerAuthentication(arpc: Buffer): Buffer {
  const value = Buffer.concat([arpc, approvalCode]);
  return Buffer.concat([Buffer.from([0x91, value.length]), value]);
}
