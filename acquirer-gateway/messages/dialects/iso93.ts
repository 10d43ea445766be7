// ISO 8583:1993 as the ISO dialects speak it: link management in 1804 by the function code DE24, the original in DE56.
import type { ManagementTable } from '../management.ts';
import type { AnswerTable, Profile } from '../profile.ts';
import { reconcile93 } from '../reconcile.ts';
import { iso93Rules } from './iso93-fields.ts';
import { iso93Purposes, iso93Responses } from './iso93-tables.ts';

/** DE24 of class 8 (ISO 8583:1993, A.8; public table of jPOS-CMF). */
export const management93: ManagementTable = {
  mti: '1804',
  codeField: '24',
  codes: { sign_on: ['801'], sign_off: ['802'], echo: ['831'], cut_over: ['821', '822'], key_change: ['811'] },
  accepted: '800',
  refused: '902',
  keyRefused: '919',
  adviceAccepted: '600',
  localTime: true,
  keyField: '96',
  keyBinary: true,
};

/** Where answers of the 1993 dialects say what, unless a dialect says otherwise. */
export const answer93: AnswerTable = {
  code: '39',
  authorizationCode: '38',
  amount: '4',
  balances: '54',
  networkReference: (message) => message.get('63') ?? '',
  // YYMMDD on the wire.
  settlementDate: (message) => message.get('15')?.slice(2) ?? '',
  avsResult: (message) => message.get('44')?.[0] ?? '',
  cvv2Result: (message) => message.get('44')?.[1] ?? '',
  chip: (message) => message.bytes('55'),
};

/** The profile. */
export const iso93: Profile = {
  name: 'iso93',
  purposes: iso93Purposes,
  rules: iso93Rules,
  correlation: ['12', '11', '41'],
  echoed: ['3', '37', '41', '42', '49'],
  echoRequired: ['4', '37', '41', '49'],
  responses: iso93Responses,
  answer: answer93,
  inquiry: { found: '600', notFound: '601', original: '44' },
  management: management93,
  reconcile: reconcile93,
};
