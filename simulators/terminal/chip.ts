// A simulated chip: the data of an online request, with a cryptogram that its issuer's HSM makes as the card would.
import type { HsmClient } from '../../hsm/client.ts';
import { readCryptogram } from '../issuer/emv.ts';

/** Tags and values in upper-case hexadecimal, in the order in which they are sent. */
type TagList = ReadonlyArray<readonly [tag: string, value: string]>;

/** What the terminal gives the chip. */
export interface ChipTransaction {
  readonly pan: string;
  readonly amountMinor: bigint;
  /** ISO 4217, numeric. */
  readonly currencyNumeric: string;
  /** YYMMDD. */
  readonly date: string;
  /** The card's transaction counter, 0 to 65535: one more each time. */
  readonly counter: number;
  /** Four bytes of the terminal's choice. */
  readonly unpredictable: number;
}

/** PAN sequence number of the simulated cards (tag 5F34, DE23). */
export const panSequence = '01';

const hex = (value: number, bytes: number): string =>
  value
    .toString(16)
    .toUpperCase()
    .padStart(bytes * 2, '0');

/** Chip data without card data, in the order in which terminals send it. `arqc` is 16 hexadecimal digits. */
export function chipTags(given: ChipTransaction, arqc: string): TagList {
  return [
    ['9F26', arqc],
    ['9F27', '80'], // online request
    ['9F10', '06011203A00000'], // key index 1, CVN 18, card verification results
    ['9F37', hex(given.unpredictable >>> 0, 4)],
    ['9F36', hex(given.counter & 0xffff, 2)],
    ['95', '8000000000'], // offline data authentication was not performed
    ['9A', given.date],
    ['9C', '00'], // purchase
    ['9F02', given.amountMinor.toString().padStart(12, '0')],
    ['9F03', '000000000000'],
    ['5F2A', given.currencyNumeric.padStart(4, '0')],
    ['82', '3900'],
    ['9F1A', '0276'],
    ['9F33', 'E0B8C8'], // online PIN
    ['9F34', '420300'], // online PIN was entered
  ];
}

/** BER-TLV of tags with values below 128 bytes (EMV book 3, annex B). */
export function encodeTags(tags: TagList): Buffer {
  return Buffer.concat(
    tags.map(([tag, value]) => {
      const bytes = Buffer.from(value, 'hex');
      return Buffer.concat([Buffer.from(tag, 'hex'), Buffer.from([bytes.length]), bytes]);
    }),
  );
}

/** DE55 of each transaction. Rejects when the issuer's HSM refuses: only development tokens play the card. */
export async function makeChipData(issuer: HsmClient, transactions: readonly ChipTransaction[]): Promise<Buffer[]> {
  return await Promise.all(
    transactions.map(async (given) => {
      const cryptogram = readCryptogram(Object.fromEntries(chipTags(given, '0'.repeat(16))));
      if (cryptogram === undefined) throw new Error('the chip data are incomplete');
      const { session, padding, atc, unpredictable, data } = cryptogram;
      const made = await issuer.single.generateArqc({
        imkRef: 'imk',
        session,
        padding,
        pan: given.pan,
        panSequence,
        atc,
        unpredictable,
        data,
      });
      if (!made.ok) throw new Error(`the chip's cryptogram could not be made: ${made.error.message}`);
      return encodeTags(chipTags(given, made.arqc.toString('hex').toUpperCase()));
    }),
  );
}
