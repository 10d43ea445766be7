// ISO 8583:1987 as the ISO dialects speak it: correlation by MTI class, DE7, DE11 and DE41; link management by DE70.
import type { ManagementTable } from '../management.ts';
import type { AnswerTable, Profile } from '../profile.ts';
import { reconcile87 } from '../reconcile.ts';
import { iso87Rules } from './iso87-fields.ts';
import { iso87Purposes, iso87Responses } from './iso87-tables.ts';

/** DE70 (ISO 8583:1987, table A.16). */
export const management87: ManagementTable = {
  mti: '0800',
  codeField: '70',
  codes: {
    sign_on: ['001'],
    sign_off: ['002'],
    echo: ['301'],
    cut_over: ['201', '202'],
    key_change: ['101', '161', '162'],
  },
  accepted: '00',
  refused: '12',
  keyRefused: '96',
  adviceAccepted: '00',
  localTime: false,
  keyField: '120',
  keyBinary: false,
};

/** Where answers of the 1987 dialects say what, unless a dialect says otherwise. */
export const answer87: AnswerTable = {
  code: '39',
  authorizationCode: '38',
  amount: '4',
  balances: '54',
  networkReference: (message) => message.get('63') ?? '',
  settlementDate: (message) => message.get('15') ?? '',
  avsResult: (message) => message.get('44')?.[0] ?? '',
  cvv2Result: (message) => message.get('44')?.[1] ?? '',
  chip: (message) => message.bytes('55'),
};

/** The profile. */
export const iso87: Profile = {
  name: 'iso87',
  purposes: iso87Purposes,
  rules: iso87Rules,
  correlation: ['7', '11', '41'],
  echoed: ['3', '37', '41', '42', '49'],
  echoRequired: ['4', '37', '41', '49'],
  responses: iso87Responses,
  answer: answer87,
  inquiry: { found: '00', notFound: '25', original: '44' },
  management: management87,
  reconcile: reconcile87,
};
