// Cards for payments by hand and for the story: the simulated issuer's test cards, encrypted as a browser or a PIN pad would.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { makeCardJwe } from '../hsm/terminal/jwe.ts';
import { loadDevelopmentTerminal } from '../hsm/terminal/pad.ts';
import { GetCardKeyRequest, type PayRequest } from '../proto/gen/cardedge/core/v1/payments.ts';
import { type CardSource, ChipData, PinBlock, TerminalCard } from '../proto/gen/cardedge/core/v1/types.ts';
import { type Card, testCards } from '../simulators/issuer/cards.ts';
import { type Connection, unary } from './connect.ts';
import { control } from './control.ts';
import { Failure } from './failure.ts';

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

/**
 * What a terminal with a PIN pad does: track 2 and PIN encrypted under keys that are used for one transaction only (DUKPT).
 * The pad's counter is kept in `counterFile`, so that no key is used twice.
 */
export function cardFromTerminal(
  terminalFile: string,
  counterFile: string,
  card: Card,
  pin: string | undefined,
): Partial<PayRequest> {
  const counter = existsSync(counterFile) ? Number(readFileSync(counterFile, 'utf8')) : 0;
  const terminal = loadDevelopmentTerminal(terminalFile, counter).find((one) => one.scheme === 'tdes-dukpt');
  if (terminal === undefined) throw new Failure(`${terminalFile} has no TDES PIN pad`);
  const now = terminal.pad.next();
  writeFileSync(counterFile, String(((now.ksn.readUInt32BE(6) & 0x1f_ffff) >>> 0).toString()), { mode: 0o600 });
  const scheme = 'TDES_DUKPT';
  const { keyRef } = terminal;
  const ciphertext = now.encryptTrack(`${card.pan}=${card.expiryYymm}${serviceCode}0000000000`);
  return {
    card: { source: { case: 'terminal', value: TerminalCard.create({ keyRef, scheme, ksn: now.ksn, ciphertext }) } },
    entryMode: 'CHIP',
    pin:
      pin === undefined
        ? undefined
        : PinBlock.create({ block: now.pinBlock(pin, card.pan), format: 'ISO_0', keyRef, scheme, ksn: now.ksn }),
    chip: ChipData.create({ emvTlv: chipData(now.ksn), cardSequenceNumber: 1 }),
  };
}

/** DE55 of a simulated chip: an online cryptogram request (EMV book 3, 6.5.5) whose cryptogram only the shape matters of. */
function chipData(unpredictable: Buffer): Buffer {
  const tags: ReadonlyArray<readonly [tag: string, value: string]> = [
    ['9F26', unpredictable.toString('hex').slice(0, 16).padEnd(16, '0')], // application cryptogram
    ['9F27', '80'], // ARQC
    ['9F10', '06010A03A00000'], // issuer application data
    ['9F37', unpredictable.toString('hex').slice(-8)], // unpredictable number
    ['9F36', unpredictable.toString('hex').slice(-4)], // transaction counter
    ['95', '0000000000'], // terminal verification results
    ['9C', '00'], // purchase
    ['82', '3900'], // application interchange profile
    ['9F1A', '0276'], // terminal country
    ['9F33', 'E0B8C8'], // terminal capabilities: online PIN
    ['9F34', '420300'], // cardholder verification: online PIN
  ];
  return Buffer.concat(
    tags.map(([tag, value]) => {
      const bytes = Buffer.from(value, 'hex');
      return Buffer.concat([Buffer.from(tag, 'hex'), Buffer.from([bytes.length]), bytes]);
    }),
  );
}
