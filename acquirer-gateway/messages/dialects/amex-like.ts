// A dialect of 1993 message types in EBCDIC, after public facts of the American Express network only (see specs/amex-like.json): DE31 for the
// network's reference, DE55 behind a header, its own meanings of some action codes.
import type { FieldRule, Profile, ResponseRow } from '../profile.ts';
import { declined } from '../responses.ts';
import { chipData } from '../values.ts';
import { answer93, iso93 } from './iso93.ts';
import { iso93Rules } from './iso93-fields.ts';
import { iso93Responses } from './iso93-tables.ts';

/** DE55: header name and version, then the chip's data. */
const chipHeader = { name: 'AGNS', version: Buffer.from('0001', 'hex') };

const rules: Readonly<Record<string, FieldRule>> = {
  ...iso93Rules,
  '55': (context) => {
    const chip = chipData(context);
    if (chip === undefined) return undefined;
    return [
      ['1', chipHeader.name],
      ['2', chipHeader.version],
      ['3', chip],
    ];
  },
};

const responses: Readonly<Record<string, ResponseRow>> = {
  ...iso93Responses,
  '122': declined('INCORRECT_CVV2'),
  '130': declined('REFER_TO_ISSUER'), // the cardholder must be identified
  '181': declined('INVALID_REQUEST'),
  '183': declined('INVALID_REQUEST'),
  '187': declined('INVALID_CARD'), // a new card was issued
  '188': declined('INVALID_CARD'),
  '189': declined('NOT_PERMITTED'),
  '193': declined('INVALID_REQUEST'),
};

/** The profile. */
export const amexLike: Profile = {
  ...iso93,
  name: 'amex-like',
  rules,
  responses,
  answer: {
    ...answer93,
    networkReference: (message) => message.get('31') ?? '',
    chip: (message) => message.bytes('55.3'),
  },
};
