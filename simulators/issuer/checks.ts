// The cryptographic checks of the issuer, done in its own HSM token. The simulator itself holds no key.
import type { HsmClient } from '../../hsm/client.ts';
import type { ItemOf, ResultOf } from '../../hsm/port.ts';
import { retiring } from '../network-host/keys.ts';
import { type IssuedLevel, provedData, readValue, valueHead } from './authentication.ts';
import type { Card } from './cards.ts';
import { approvalCode, issuerAuthentication } from './emv.ts';
import type { IssuerRequest } from './request.ts';
import type { Check } from './rules.ts';

/** What a request may carry for the issuer to check. */
export type Proofs = Pick<IssuerRequest, 'pinBlock' | 'cvv2' | 'cryptogram' | 'panSequence' | 'authentication'>;

/** What the checks say of it. */
export interface Checked {
  /** DE52, ISO format 0 under the zone key, against the card's PIN. */
  readonly pin: Check;
  readonly cvv2: Check;
  readonly chip: Check;
  /** The value of 3-D Secure. */
  readonly authentication: Check;
  /** With a right cryptogram: what proves an approval to the chip (tag 91). */
  readonly issuerTlv: Buffer | undefined;
}

/** What the issuer may ask about a card. */
export interface CardChecks {
  /** Checks all that a request carries. Never rejects. */
  check(card: Card, proofs: Proofs): Promise<Checked>;
  /** The CVV2 of a test card, or undefined when the HSM cannot say. */
  cvv2Of(card: Card): Promise<string | undefined>;
  /** The value that the issuer gives out for a test card after an authentication, or undefined when the HSM cannot say. */
  authenticationValueOf(card: Card, level: IssuedLevel): Promise<Buffer | undefined>;
}

/** Keys of the issuer token, by name. */
export interface IssuerKeys {
  readonly zpk: string;
  readonly pvk: string;
  /** PIN verification key of IBM 3624. */
  readonly ibm: string;
  readonly cvk: string;
  readonly imk: string;
  /** Of the values of 3-D Secure. */
  readonly cavk: string;
}

/** Names of the development token's keys, but for the network's. */
export const developmentKeys = { pvk: 'pvk', ibm: 'pvk-ibm', cvk: 'cvk', imk: 'imk', cavk: 'cavk' } as const;

/** True if a request carries something that only the HSM can judge. */
export function hasProofs({ pinBlock, cvv2, cryptogram, authentication }: Proofs): boolean {
  return cvv2 !== '' || pinBlock !== undefined || cryptogram !== undefined || authentication.value !== undefined;
}

/** Of a request that carries nothing. */
export const nothingToCheck: Checked = {
  pin: 'absent',
  cvv2: 'absent',
  chip: 'absent',
  authentication: 'absent',
  issuerTlv: undefined,
};

/** Every part that a request carries, as one that could not be checked. */
export function cannotCheck({ pinBlock, cvv2, cryptogram, authentication }: Proofs): Checked {
  const of = (given: boolean): Check => (given ? 'unavailable' : 'absent');
  return {
    pin: of(pinBlock !== undefined),
    cvv2: of(cvv2 !== ''),
    chip: of(cryptogram !== undefined),
    authentication: of(authentication.value !== undefined),
    issuerTlv: undefined,
  };
}

/** PIN verification key index of the Visa PVV. */
const pvki = 1;

/** IBM 3624: digits stay, A to F become 0 to 5; what is enciphered are the twelve digits before the check digit, filled with F. */
const decimalizationTable = '0123456789012345';

/** References kept: one per card seen with a PIN; beyond it the oldest is made again when needed. */
const referencesMax = 10_000;

type Item = ItemOf<'verifyAuthorization'>;
type Reference = NonNullable<Item['pin']>['reference'];

const check = (right: boolean | undefined): Check => (right === undefined ? 'absent' : right ? 'match' : 'mismatch');

/** Checks by the issuer role of an HSM. */
export class HsmCardChecks implements CardChecks {
  private readonly hsm: HsmClient;
  private readonly keys: IssuerKeys;
  private readonly references = new Map<string, Reference>();

  constructor(hsm: HsmClient, keys: IssuerKeys) {
    this.hsm = hsm;
    this.keys = keys;
  }

  async check(card: Card, proofs: Proofs): Promise<Checked> {
    const reference = proofs.pinBlock === undefined ? undefined : await this.referenceOf(card);
    if (proofs.pinBlock !== undefined && reference === undefined) return cannotCheck(proofs);
    const result = await this.hsm.single.verifyAuthorization(this.item(card, proofs, reference));
    if (!result.ok) return cannotCheck(proofs);
    const pin = result.pin === 'unopened' ? await this.underOtherKeys(card, proofs, reference) : result.pin;
    return { ...this.said(proofs, result), pin: pin ?? 'absent' };
  }

  async cvv2Of(card: Card): Promise<string | undefined> {
    const result = await this.hsm.single.generateCvv({ ...this.cvvItem(card), pan: card.pan });
    return result.ok ? result.cvv : undefined;
  }

  async authenticationValueOf(card: Card, level: IssuedLevel): Promise<Buffer | undefined> {
    const unpredictable = await this.hsm.single.random({ bytes: 4 });
    if (!unpredictable.ok) return undefined;
    const head = valueHead(level, unpredictable.random);
    const proof = await this.hsm.single.generateMac({
      keyRef: this.keys.cavk,
      algorithm: 'hmac-sha256',
      data: provedData(card.pan, head),
      macBytes: 12,
    });
    return proof.ok ? Buffer.concat([head, proof.mac]) : undefined;
  }

  private item(card: Card, proofs: Proofs, reference: Reference | undefined): Item {
    const { pinBlock, cvv2, cryptogram, panSequence, authentication } = proofs;
    const value = authentication.value === undefined ? undefined : readValue(authentication.value);
    return {
      pan: card.pan,
      ...(pinBlock === undefined || reference === undefined
        ? {}
        : { pin: { pinBlock, format: 0, keyRef: this.keys.zpk, reference } }),
      ...(isCvv(cvv2) ? { cvv: { ...this.cvvItem(card), cvv: cvv2 } } : {}),
      ...(cryptogram === undefined
        ? {}
        : {
            chip: {
              ...cryptogram,
              imkRef: this.keys.imk,
              panSequence,
              method: { kind: 'method1', responseCode: approvalCode },
            },
          }),
      ...(value === undefined
        ? {}
        : { issued: { keyRef: this.keys.cavk, data: provedData(card.pan, value.head), mac: value.proof } }),
    };
  }

  /** What has not even the form of a right one was not asked about: it is wrong. */
  private said({ cvv2, authentication }: Proofs, result: ResultOf<'verifyAuthorization'>): Omit<Checked, 'pin'> {
    return {
      cvv2: cvv2 !== '' && !isCvv(cvv2) ? 'mismatch' : check(result.cvv),
      chip: check(result.chip),
      authentication:
        authentication.value !== undefined && result.issued === undefined ? 'mismatch' : check(result.issued),
      issuerTlv: result.arpc === undefined ? undefined : issuerAuthentication(result.arpc),
    };
  }

  /**
   * During a key exchange a block may be under the key before, or under a new one that has become active meanwhile: a wrong key opens no block of
   * format 0, but for one in 10^12. A block that no key opens is a wrong PIN to the issuer: it cannot tell the two apart.
   */
  private async underOtherKeys(card: Card, { pinBlock }: Proofs, reference: Reference | undefined): Promise<Check> {
    if (pinBlock === undefined || reference === undefined) return 'absent';
    for (const keyRef of [...(await retiring(this.hsm, this.keys.zpk)), this.keys.zpk]) {
      const item = { pan: card.pan, pin: { pinBlock, format: 0, keyRef, reference } } as const;
      const result = await this.hsm.single.verifyAuthorization(item);
      if (!result.ok) return 'unavailable';
      if (result.pin !== 'unopened') return result.pin ?? 'absent';
    }
    return 'mismatch';
  }

  private cvvItem(card: Card) {
    return { cvkRef: this.keys.cvk, expiry: card.expiryYymm, serviceCode: '000' };
  }

  /** Personalisation on demand: what the issuer would have stored of the card's PIN. */
  private async referenceOf(card: Card): Promise<Reference | undefined> {
    const known = this.references.get(card.pan);
    if (known !== undefined) return known;
    const made = await (card.pinBy === 'offset' ? this.offsetOf(card) : this.pvvOf(card));
    if (made === undefined) return undefined;
    if (this.references.size >= referencesMax) this.references.delete(this.references.keys().next().value as string);
    this.references.set(card.pan, made);
    return made;
  }

  private async pvvOf({ pan, pin }: Card): Promise<Reference | undefined> {
    const item = { pin: { kind: 'clear', pin }, pan, pvkRef: this.keys.pvk, pvki } as const;
    const result = await this.hsm.single.generatePvv(item);
    return result.ok ? { kind: 'pvv', pvkRef: this.keys.pvk, pvki, pvv: result.pvv } : undefined;
  }

  private async offsetOf({ pan, pin }: Card): Promise<Reference | undefined> {
    const validationData = pan.slice(-13, -1).padEnd(16, 'F');
    const ibm = { pvkRef: this.keys.ibm, decimalizationTable, validationData };
    const result = await this.hsm.single.generatePinOffset({ pin: { kind: 'clear', pin }, pan, ...ibm });
    return result.ok ? { kind: 'ibm3624', ...ibm, offset: result.offset } : undefined;
  }
}

/** The keys of this issuer make codes of three digits. */
function isCvv(text: string): boolean {
  return /^\d{3}$/.test(text);
}
