// The 1987 family: correlation by MTI class, DE7, DE11 and DE41; link management by DE70 (0800 and 0810).
import type { Message, MessageInput } from '../iso8583/index.ts';
import { iso87Rules } from './iso87-fields.ts';
import { iso87Purposes, iso87Responses } from './iso87-tables.ts';
import type { ManagementRead, Profile } from './profile.ts';

/** DE70, network management information codes. */
const managementCodes = { sign_on: '001', sign_off: '002', echo: '301' } as const;

const requestKinds: Readonly<Record<string, Extract<ManagementRead, { kind: 'request' }>['what']>> = {
  '001': 'sign_on',
  '002': 'sign_off',
  '101': 'key_change',
  '161': 'key_change',
  '201': 'cut_over',
  '301': 'echo',
};

/** What we do on a network's request: everything but a change of keys, which is not agreed with it. */
const answeredWell: ReadonlySet<string> = new Set(['sign_on', 'sign_off', 'echo', 'cut_over']);

function field(input: MessageInput, de: string): string {
  const value = input.fields[de];
  return typeof value === 'string' ? value : '';
}

function managementKey(transmissionTime: string, stan: string): string {
  return `08${transmissionTime}${stan}`;
}

/** Version and class of an MTI: the part that a request and its answer have in common, also when repeated. */
function family(mti: string): string {
  return mti.slice(0, 2);
}

function readManagement(message: Message): ManagementRead | undefined {
  const { mti } = message;
  if (mti[1] !== '8') return undefined;
  const transmissionTime = message.get('7') ?? '';
  const stan = message.get('11') ?? '';
  if (mti[2] === '1') {
    const code = message.get('39') ?? '';
    return { kind: 'answer', key: managementKey(transmissionTime, stan), accepted: code === '00', code };
  }
  const de70 = message.get('70') ?? '';
  const what = requestKinds[de70] ?? 'other';
  const fields: Record<string, string> = { '39': answeredWell.has(what) ? '00' : '12' };
  if (transmissionTime !== '') fields['7'] = transmissionTime;
  if (stan !== '') fields['11'] = stan;
  if (de70 !== '') fields['70'] = de70;
  return { kind: 'request', what, answer: { mti: `${mti.slice(0, 2)}1${mti.slice(3)}`, fields } };
}

/** ISO 8583:1987. */
export const iso87: Profile = {
  purposes: iso87Purposes,
  rules: iso87Rules,
  echoed: ['3', '37', '41', '42', '49'],
  echoRequired: ['4', '37', '41', '49'],
  responses: iso87Responses,
  answer: {
    code: '39',
    authorizationCode: '38',
    networkReference: '63',
    settlementDate: '15',
    results: '44',
    chip: '55',
    balances: '54',
    amount: '4',
  },
  requestKey: (input) => family(input.mti) + field(input, '7') + field(input, '11') + field(input, '41'),
  answerKey: (message) => {
    const { mti } = message;
    // Function 1, 3: the answers to requests and advices.
    if (mti[2] !== '1' && mti[2] !== '3') return undefined;
    const transmissionTime = message.get('7');
    const stan = message.get('11');
    const terminal = message.get('41');
    if (transmissionTime === undefined || stan === undefined || terminal === undefined) return undefined;
    return family(mti) + transmissionTime + stan + terminal;
  },
  management: (kind, stan, transmissionTime) => ({
    key: managementKey(transmissionTime, stan),
    input: { mti: '0800', fields: { '7': transmissionTime, '11': stan, '70': managementCodes[kind] } },
  }),
  readManagement,
};

/** The profile of a dialect, by the family that its name begins with; undefined if none speaks it. */
export function profileOf(dialect: string): Profile | undefined {
  return dialect.startsWith('iso87-') ? iso87 : undefined;
}
