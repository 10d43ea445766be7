// Realistic payments: what a checkout, a terminal with a PIN pad and a merchant with stored cards send to the core.
import { makeCardJwe } from '../../hsm/terminal/jwe.ts';
import type { DevelopmentTerminal } from '../../hsm/terminal/pad.ts';
import { CreateIntentRequest, PayRequest } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { ChipData, Money, PinBlock, TerminalCard } from '../../proto/gen/cardedge/core/v1/types.ts';
import { rangePan, testExpiryYymm, testPin } from '../issuer/cards.ts';
import { panSequence } from './chip.ts';

/** The kinds of traffic. */
export const mixes = ['token', 'jwe', 'chip', 'mixed'] as const;

/** A kind of traffic: stored cards, cards encrypted in a browser, chip and PIN; `mixed` is 60, 25 and 15 of a hundred. */
export type Mix = (typeof mixes)[number];

/** A chip's answer to one terminal. */
export interface PreparedChip {
  readonly pan: string;
  readonly amountMinor: bigint;
  /** DE55. */
  readonly emvTlv: Buffer;
}

/** The HSM's public key for cards (GetCardKey). */
export interface CardKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
}

/** What payments are made of. */
export interface TrafficOptions {
  readonly merchantId: string;
  readonly ecommerceTerminal: string;
  readonly cardTerminal: string;
  readonly currency: string;
  /** In front of every idempotency key: another one for every run. */
  readonly runId: string;
  readonly mix: Mix;
  /** Stored cards, for `token` and `mixed`. */
  readonly tokens: readonly string[];
  /** Cards encrypted beforehand, for `jwe` and `mixed`: encrypting is the browser's work, not the load's. */
  readonly jwes: readonly string[];
  /** PIN pads, for `chip` and `mixed`, of both DUKPT schemes: payments take them in turn, each counts for itself. */
  readonly terminals: readonly DevelopmentTerminal[];
  /** Chips, for `chip` and `mixed`: their cryptograms, too, are made beforehand. */
  readonly chips: readonly PreparedChip[];
}

/** A card as a shopper types it. */
export interface TypedCard {
  readonly pan: string;
  readonly cvv2?: string;
  /** YYMM; the test cards' when absent. */
  readonly exp?: string;
}

/** Cards of the generated range, from a number on. */
export function rangeCards(first: number, count: number): TypedCard[] {
  return Array.from({ length: count }, (_, i) => ({ pan: rangePan(first + i) }));
}

/** Cards encrypted as a browser does, one JWE each. */
export function encryptCards(key: CardKey, cards: readonly TypedCard[]): Promise<string[]> {
  return Promise.all(cards.map((card) => makeCardJwe({ publicJwk: key, kid: key.kid, exp: testExpiryYymm, ...card })));
}

/** Makes the payments of a run, one after another. Deterministic but for keys and cryptograms. */
export class Traffic {
  private readonly options: TrafficOptions;
  private readonly intent: (amountMinor: bigint) => CreateIntentRequest;
  private made = 0;
  private atTerminals = 0;

  constructor(options: TrafficOptions) {
    this.options = options;
    const { currency } = options;
    this.intent = (amountMinor) =>
      CreateIntentRequest.create({ amount: Money.create({ amountMinor, currency }), captureMethod: 'AUTOMATIC' });
  }

  /** The next payment. */
  next(): PayRequest {
    const n = this.made;
    this.made += 1;
    const kind = this.kind(n);
    const chip = kind === 'chip' ? pick(this.options.chips, n) : undefined;
    const base = {
      merchantId: this.options.merchantId,
      idempotencyKey: `${this.options.runId}-${n}`,
      target: { case: 'newIntent', value: this.intent(chip?.amountMinor ?? ordinaryAmount(n)) },
    } as const;
    if (chip !== undefined)
      return PayRequest.create({ ...base, ...this.chip(chip), terminalId: this.options.cardTerminal });
    const terminalId = this.options.ecommerceTerminal;
    return kind === 'token'
      ? PayRequest.create({
          ...base,
          card: { source: { case: 'cardToken', value: pick(this.options.tokens, n) } },
          entryMode: 'CARD_ON_FILE',
          terminalId,
        })
      : PayRequest.create({
          ...base,
          card: { source: { case: 'jwe', value: pick(this.options.jwes, n) } },
          entryMode: 'ECOMMERCE',
          terminalId,
        });
  }

  private kind(n: number): 'token' | 'jwe' | 'chip' {
    if (this.options.mix !== 'mixed') return this.options.mix;
    const share = (n * 37) % 100; // 37 is prime to 100: every hundred payments have the shares exactly
    return share < 60 ? 'token' : share < 85 ? 'jwe' : 'chip';
  }

  private chip(chip: PreparedChip): Partial<PayRequest> {
    const { terminals } = this.options;
    const terminal = terminals[this.atTerminals % terminals.length];
    if (terminal === undefined) throw new Error('chip payments need a PIN pad');
    this.atTerminals += 1;
    return chipPayment(terminal, chip, testPin);
  }
}

/** Amounts from 10.00 to 17.99: none ends in 800 or more, so that none triggers a fault. */
export function ordinaryAmount(n: number): bigint {
  return BigInt(1000 + ((n * 7) % 800));
}

function pick<T>(from: readonly T[], n: number): T {
  const one = from[n % from.length];
  if (one === undefined) throw new Error('no cards were prepared for this mix');
  return one;
}

/** Service code 201: international, chip, normal authorisation (ISO/IEC 7813); the rest is the issuer's. */
const track2Rest = '2010000000000';

/** What a terminal with a PIN pad sends: track 2 and PIN under keys of one transaction (DUKPT), chip data without card data. */
export function chipPayment(terminal: DevelopmentTerminal, chip: PreparedChip, pin: string): Partial<PayRequest> {
  const { pan, emvTlv } = chip;
  const { keyRef } = terminal;
  const transaction = terminal.pad.next();
  const scheme = transaction.scheme === 'aes-dukpt' ? 'AES_DUKPT' : 'TDES_DUKPT';
  const { ksn } = transaction;
  const ciphertext = transaction.encryptTrack(`${pan}=${testExpiryYymm}${track2Rest}`);
  return {
    card: { source: { case: 'terminal', value: TerminalCard.create({ keyRef, scheme, ksn, ciphertext }) } },
    entryMode: 'CHIP',
    pin: PinBlock.create({
      block: transaction.pinBlock(pin, pan),
      format: transaction.format === 4 ? 'ISO_4' : 'ISO_0',
      keyRef,
      scheme,
      ksn,
    }),
    chip: ChipData.create({ emvTlv, cardSequenceNumber: Number(panSequence) }),
  };
}
