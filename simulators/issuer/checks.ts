// The cryptographic checks of the issuer, done in its own HSM token. The simulator itself holds no key.
import type { HsmClient } from '../../hsm/client.ts';
import { retiring } from '../network-host/keys.ts';
import { type Card, testPin } from './cards.ts';
import { approvalCode, type Cryptogram, issuerAuthentication } from './emv.ts';
import type { Check } from './rules.ts';

/** What the issuer may ask about a card. */
export interface CardChecks {
  /** DE48.92 against the card. */
  cvv2(card: Card, cvv2: string): Promise<Check>;
  /** DE52, ISO format 0 under the zone key, against the card's PVV. */
  pin(card: Card, pinBlock: Buffer): Promise<Check>;
  /** DE55's cryptogram against the card; with it, where it is right, what proves an approval to the chip (tag 91). */
  chip(card: Card, cryptogram: Cryptogram, panSequence: string): Promise<{ check: Check; issuerTlv?: Buffer }>;
  /** The CVV2 of a test card, or undefined when the HSM cannot say. */
  cvv2Of(card: Card): Promise<string | undefined>;
}

/** Keys of the issuer token, by name. */
export interface IssuerKeys {
  readonly zpk: string;
  readonly pvk: string;
  readonly cvk: string;
  readonly imk: string;
}

/** PIN verification key index of the Visa PVV. */
const pvki = 1;

/** PVVs kept: one per card seen with a PIN; beyond it the oldest is made again when needed. */
const pvvsMax = 10_000;

/** Checks by the issuer role of an HSM. */
export class HsmCardChecks implements CardChecks {
  private readonly hsm: HsmClient;
  private readonly keys: IssuerKeys;
  private readonly pvvs = new Map<string, string>();

  constructor(hsm: HsmClient, keys: IssuerKeys) {
    this.hsm = hsm;
    this.keys = keys;
  }

  async cvv2(card: Card, cvv2: string): Promise<Check> {
    const result = await this.hsm.single.verifyCvv({ ...this.cvv2Item(card), cvv: cvv2 });
    // A malformed value is the cardholder's; anything else is ours.
    if (!result.ok) return result.error.code === 'invalid_request' ? 'mismatch' : 'unavailable';
    return result.verified ? 'match' : 'mismatch';
  }

  async pin(card: Card, pinBlock: Buffer): Promise<Check> {
    const pvv = await this.pvvOf(card);
    if (pvv === undefined) return 'unavailable';
    const first = await this.verifyPin(card, pinBlock, pvv, this.keys.zpk);
    if (first !== 'unopened') return first;
    // During a key exchange a block may be under the key before, or under a new one that has become active meanwhile: a wrong key opens no block of format 0, but for one in 10^12.
    for (const keyRef of [...(await retiring(this.hsm, this.keys.zpk)), this.keys.zpk]) {
      const older = await this.verifyPin(card, pinBlock, pvv, keyRef);
      if (older !== 'unopened') return older;
    }
    // A block that does not open is a wrong PIN to the issuer: it cannot tell the two apart.
    return 'mismatch';
  }

  private async verifyPin(card: Card, pinBlock: Buffer, pvv: string, keyRef: string): Promise<Check | 'unopened'> {
    const result = await this.hsm.single.verifyPin({
      pin: { kind: 'block', pinBlock, format: 0, keyRef },
      pan: card.pan,
      reference: { kind: 'pvv', pvkRef: this.keys.pvk, pvki, pvv },
    });
    if (!result.ok) return result.error.code === 'pin_block_invalid' ? 'unopened' : 'unavailable';
    return result.verified ? 'match' : 'mismatch';
  }

  async chip(card: Card, cryptogram: Cryptogram, panSequence: string): Promise<{ check: Check; issuerTlv?: Buffer }> {
    const key = { imkRef: this.keys.imk, pan: card.pan, panSequence, ...cryptogram };
    // Both in one frame: the proof of an approval is made before it is known whether it will be used.
    const [verified, made] = await Promise.all([
      this.hsm.single.verifyArqc(key),
      this.hsm.single.makeArpc({ ...key, method: { kind: 'method1', responseCode: approvalCode } }),
    ]);
    if (!verified.ok || !made.ok) return { check: 'unavailable' };
    return verified.verified ? { check: 'match', issuerTlv: issuerAuthentication(made.arpc) } : { check: 'mismatch' };
  }

  async cvv2Of(card: Card): Promise<string | undefined> {
    const result = await this.hsm.single.generateCvv(this.cvv2Item(card));
    return result.ok ? result.cvv : undefined;
  }

  private cvv2Item(card: Card) {
    return { cvkRef: this.keys.cvk, pan: card.pan, expiry: card.expiryYymm, serviceCode: '000' };
  }

  /** Personalisation on demand: the PVV of the test PIN, as the issuer would have stored it. */
  private async pvvOf(card: Card): Promise<string | undefined> {
    const known = this.pvvs.get(card.pan);
    if (known !== undefined) return known;
    const result = await this.hsm.single.generatePvv({
      pin: { kind: 'clear', pin: testPin },
      pan: card.pan,
      pvkRef: this.keys.pvk,
      pvki,
    });
    if (!result.ok) return undefined;
    if (this.pvvs.size >= pvvsMax) this.pvvs.delete(this.pvvs.keys().next().value as string);
    this.pvvs.set(card.pan, result.pvv);
    return result.pvv;
  }
}
