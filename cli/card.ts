// Cards for payments by hand and for the story: the simulated issuer's test cards, encrypted as a browser or a PIN pad would.
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { currencyOf } from '../common/money.ts';
import { connectHsm } from '../hsm/client.ts';
import { makeCardJwe } from '../hsm/terminal/jwe.ts';
import { loadDevelopmentTerminal } from '../hsm/terminal/pad.ts';
import { GetCardKeyRequest, type PayRequest } from '../proto/gen/cardedge/core/v1/payments.ts';
import { type CardSource, ChipData, PinBlock, TerminalCard } from '../proto/gen/cardedge/core/v1/types.ts';
import { type Card, testCards } from '../simulators/issuer/cards.ts';
import { type ChipTransaction, makeChipData, panSequence } from '../simulators/terminal/chip.ts';
import { type Connection, unary } from './connect.ts';
import { control } from './control.ts';
import { Failure } from './failure.ts';
import type { SystemInfo } from './info.ts';

/** Names of the test cards, for --help. */
export const testCardNames: readonly string[] = testCards.map((card) => card.name);

/** The test card of a name; a Failure that lists the names. */
export function testCard(name: string): Card {
  const card = testCards.find((one) => one.name === name);
  if (card === undefined) throw new Failure(`there is no test card "${name}": ${testCardNames.join(', ')}`, 2);
  return card;
}

interface CardsAnswer {
  readonly cards: ReadonlyArray<{ readonly name: string; readonly cvv2: string }>;
}

/** CVV2 of a test card, as its issuer's HSM makes it; a real card has it printed. */
export async function testCvv2(simulatorControl: string, card: Card): Promise<string> {
  const { cards } = await control<CardsAnswer>(simulatorControl, { command: 'cards' });
  const cvv2 = cards.find((one) => one.name === card.name)?.cvv2;
  if (cvv2 === undefined) throw new Failure(`the simulator does not know the card "${card.name}"`);
  return cvv2;
}

interface CardJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
}

/** What a checkout page does: the card is encrypted to the public key whose private half never leaves the HSM. */
export async function cardFromBrowser(
  connection: Connection,
  card: Card,
  cvv2: string | undefined,
): Promise<CardSource> {
  const { jwk } = await unary(connection, connection.payments, 'getCardKey', GetCardKeyRequest.create());
  const publicJwk = JSON.parse(jwk) as CardJwk;
  const jwe = await makeCardJwe({
    publicJwk,
    kid: publicJwk.kid,
    pan: card.pan,
    exp: card.expiryYymm,
    ...(cvv2 === undefined ? {} : { cvv2 }),
  });
  return { source: { case: 'jwe', value: jwe } };
}

/** Service code 201: international, chip, normal authorisation (ISO/IEC 7813); the rest is the issuer's. */
const serviceCode = '201';

/** What a terminal is asked for. */
export interface TerminalPayment {
  readonly card: Card;
  /** Digits typed; absent for none. */
  readonly pin?: string;
  readonly amountMinor: bigint;
  /** ISO 4217, alphabetic. */
  readonly currency: string;
}

/**
 * What a terminal with a PIN pad does: track 2 and PIN encrypted under keys that are used for one transaction only (DUKPT), and a chip that
 * signs the amount. The pad's counter is kept in `counterFile`, so that no key is used twice.
 */
export async function cardFromTerminal(
  info: SystemInfo,
  counterFile: string,
  payment: TerminalPayment,
): Promise<Partial<PayRequest>> {
  const { card, pin } = payment;
  const counter = existsSync(counterFile) ? Number(readFileSync(counterFile, 'utf8')) : 0;
  const terminal = loadDevelopmentTerminal(info.terminalFile, counter).find((one) => one.scheme === 'tdes-dukpt');
  if (terminal === undefined) throw new Failure(`${info.terminalFile} has no TDES PIN pad`);
  const { keyRef, pad } = terminal;
  const now = pad.next();
  const { ksn } = now;
  const used = ksn.readUInt32BE(6) & 0x1f_ffff; // the last 21 bits count (ANSI X9.24-1)
  writeFileSync(counterFile, String(used), { mode: 0o600 });
  const scheme = 'TDES_DUKPT';
  const ciphertext = now.encryptTrack(`${card.pan}=${card.expiryYymm}${serviceCode}0000000000`);
  return {
    card: { source: { case: 'terminal', value: TerminalCard.create({ keyRef, scheme, ksn, ciphertext }) } },
    entryMode: 'CHIP',
    pin:
      pin === undefined
        ? undefined
        : PinBlock.create({ block: now.pinBlock(pin, card.pan), format: 'ISO_0', keyRef, scheme, ksn }),
    chip: ChipData.create({ emvTlv: await chipData(info, payment, used), cardSequenceNumber: Number(panSequence) }),
  };
}

/** DE55 of the simulated chip: the issuer's HSM makes the cryptogram as the card would. */
async function chipData(
  info: SystemInfo,
  { card, amountMinor, currency }: TerminalPayment,
  counter: number,
): Promise<Buffer> {
  const issuer = connectHsm({ socketPath: info.issuerSocket });
  try {
    if (!(await issuer.ready(5_000))) throw new Failure(`the issuer's HSM is not reachable (${info.issuerSocket})`);
    const transaction: ChipTransaction = {
      pan: card.pan,
      amountMinor,
      currencyNumeric: currencyOf(currency)?.numeric ?? '978',
      date: new Date().toISOString().slice(2, 10).replaceAll('-', ''),
      counter,
      unpredictable: randomInt(2 ** 32),
    };
    const [made] = await makeChipData(issuer, [transaction]);
    if (made === undefined) throw new Failure('the chip made no data');
    return made;
  } finally {
    issuer.close();
  }
}
