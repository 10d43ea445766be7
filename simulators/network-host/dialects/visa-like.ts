// What the visa-like network asks and answers: data. Public facts only; see specs/visa-like.json.
import type { Message } from '../../../acquirer-gateway/iso8583/index.ts';
import type { SecurityLevel } from '../../issuer/authentication.ts';
import type { HostDialect } from '../dialect.ts';
import { iso87, management87, profiles87, totals87 } from './iso87.ts';

const point = ['18', '22', '25', '60', '62', '63'];
const { inquiry: _inquiry, ...base } = iso87;
const { net: _net, ...totals } = totals87;

/** Transaction identifier, DE62.2: 00 and the place in the books. */
function identifierOf(seq: number): string {
  return `00${String(seq).padStart(14, '0')}`;
}

/** DE60 as digits. */
function additional(message: Message): string {
  return message.bytes('60')?.toString('hex') ?? '';
}

/** Indicators that say that 3-D Secure was used. */
const levels60: Readonly<Record<string, SecurityLevel>> = { '05': 'authenticated', '06': 'attempted' };

/** The dialect. */
export const visaLike: HostDialect = {
  ...base,
  name: 'visa-like',
  profile: 'visa-like',
  profiles: profiles87('126.10', point).map((profile) =>
    // A capture and a reversal have their private fields, but not all those of a request.
    profile.mti === '0220' ? { ...profile, required: profile.required.filter((path) => path !== '60') } : profile,
  ),
  kindOf: (message) => (message.get('25') === '51' ? 'verification' : base.kindOf(message)),
  reference: identifierOf,
  referenceIn: (message) => {
    const text = message.get('62.2') ?? '';
    return /^00\d{14}$/.test(text) ? `S${text.slice(2)}` : '';
  },
  // Presence (1), response type (1), the code right-justified.
  cvv2In: (message) => message.get('126.10')?.slice(2).trim() ?? '',
  postalCodeIn: (message) => message.get('123')?.slice(0, 9).trim() ?? '',
  streetIn: (message) => message.get('123')?.slice(9, 29).trim() ?? '',
  // DE60: indicator in its digits 8 and 9, from nought; the last digit allows partial approval. Only a value or 05 and 06 speak of 3-D Secure: 07 is any
  // unsecured channel, 01 and 02 are mail order and recurring.
  securityLevelIn: (message) => levels60[additional(message).slice(6, 8)],
  authenticationValueIn: (message) => message.bytes('126.9'),
  partialAllowedIn: (message) => additional(message)[11] === '1',
  chipTag: (message, tag) => message.get(`55.01.${tag}`),
  decorate: (fields, { seq, results, issuerTlv }) => {
    fields['62'] = [
      ['1', 'E'],
      ['2', identifierOf(seq)],
    ];
    fields['63'] = [['1', '0002']];
    // Source of the answer (5: the issuer), address result; 10: security code result; 13: result of the authentication value.
    const value = results[2] === undefined ? '' : `  ${results[2]}`;
    if (results !== '') fields['44'] = `5${results[0] ?? ' '}${' '.repeat(7)}${results[1] ?? ' '}${value}`;
    if (issuerTlv !== undefined) fields['55'] = [['01', issuerTlv]];
  },
  management: { ...management87, keyField: '48' },
  totals,
};
