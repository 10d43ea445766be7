// What the mastercard-like network asks and answers: data. Public facts only; see specs/mastercard-like.json.
import type { FieldValue } from '../../../acquirer-gateway/iso8583/index.ts';
import type { SecurityLevel } from '../../issuer/authentication.ts';
import type { HostDialect } from '../dialect.ts';
import { base64Of, iso87, management87, profiles87 } from './iso87.ts';

const point = ['18', '22', '25', '43', '48', '61'];
const { inquiry: _inquiry, ...base } = iso87;

/** References until they start again: six characters of base 36. */
const references = 36 ** 6;

/** DE63: network code (3) and reference (6, base 36). */
function referenceText(seq: number): string {
  return `MCC${(seq % references).toString(36).toUpperCase().padStart(6, '0')}`;
}

/** DE48.63 of what follows: DE63 and the settlement day. */
function seqOf(trace: string): string {
  const match = /^MCC([0-9A-Z]{6})/.exec(trace);
  return match === null ? '' : `S${String(Number.parseInt(match[1] ?? '0', 36)).padStart(14, '0')}`;
}

/** Merchant advice (DE48.84) by the issuer's decline: 01 new data, 02 later, 03 never. */
const merchantAdvice: Readonly<Record<string, string>> = {
  '14': '03',
  '41': '03',
  '43': '03',
  '51': '02',
  '54': '01',
  '61': '02',
  '65': '02',
};

/** UCAF collection indicator: 2 the payer was authenticated, 1 it was attempted, 0 neither. */
const levels42: Readonly<Record<string, SecurityLevel>> = { '2': 'authenticated', '1': 'attempted', '0': 'none' };

/** The dialect. */
export const mastercardLike: HostDialect = {
  ...base,
  name: 'mastercard-like',
  profile: 'mastercard-like',
  profiles: profiles87('48.1.92', point).map((profile) =>
    profile.mti === '0220' ? { ...profile, required: profile.required.filter((path) => path !== '61') } : profile,
  ),
  // The trace of what follows, in messages and files: DE63 and the day of DE15.
  reference: (seq, mmdd) => referenceText(seq) + mmdd,
  referenceIn: (message) => seqOf(message.get('48.1.63') ?? ''),
  cvv2In: (message) => message.get('48.1.92') ?? '',
  // DE120, sub-field 01: postal code (9) and street (20).
  postalCodeIn: (message) => (message.get('48.1.82') === '52' ? (message.get('120') ?? '').slice(4, 13).trim() : ''),
  streetIn: (message) => (message.get('48.1.82') === '52' ? (message.get('120') ?? '').slice(13, 33).trim() : ''),
  // Sub-element 42: 0103, then the security level, whose last digit tells who authenticated.
  securityLevelIn: (message) => levels42[message.get('48.1.42')?.slice(-1) ?? ''],
  authenticationValueIn: (message) => base64Of(message.get('48.1.43')),
  partialAllowedIn: (message) => message.get('48.1.61')?.startsWith('1') === true,
  decorate: (fields, { message, seq, de39, results, issuerTlv }) => {
    fields['63'] = referenceText(seq);
    const tags: Array<readonly [string, FieldValue]> = [];
    if (results !== '' && results[0] !== ' ') tags.push(['83', results[0] ?? '']);
    const advice = merchantAdvice[de39];
    if (advice !== undefined) tags.push(['84', advice]);
    if (results !== '' && results[1] !== ' ') tags.push(['87', results[1] ?? '']);
    if (tags.length > 0)
      fields['48'] = [
        ['0', message.get('48.0') ?? 'T'],
        ['1', tags],
      ];
    if (issuerTlv !== undefined) fields['55'] = issuerTlv;
  },
  management: {
    ...management87,
    signOn: '061',
    signOff: '062',
    echo: '270',
    keyChange: '161',
  },
};
