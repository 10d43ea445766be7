// Totals of a settlement day: x500 asks, x520 tells; the answer says whether the network's are the same. One engine, a table for each family.
import { currencyOf } from '../../common/money.ts';
import type {
  ReconcileRequest,
  ReconcileResult,
  ReconcileTotals,
} from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { FieldValue, Message, MessageInput } from '../iso8583/index.ts';
import { yearOf } from './values.ts';

/** How a family compares totals. */
export interface ReconcileTable {
  /** MTI of request and advice; a repeat has origin 1. */
  readonly requestMti: string;
  readonly adviceMti: string;
  /** 1993: DE24 500 (final) and DE12, the day in DE28 with a year. 1987: the day in DE15. */
  readonly functionCode: boolean;
  /** Field of the net amount, x+n16; absent where the dialect has none. */
  readonly net?: string;
  /** What DE39, or in 1987 DE66 behind it, says. */
  readonly results: Readonly<Record<string, ReconcileResult>>;
  readonly resultField: '39' | '66';
}

/** 1987: DE66, settlement code. */
export const reconcile87: ReconcileTable = {
  requestMti: '0500',
  adviceMti: '0520',
  functionCode: false,
  net: '97',
  results: { '1': 'IN_BALANCE', '2': 'OUT_OF_BALANCE', '3': 'CANNOT_COMPARE' },
  resultField: '66',
};

/** 1993: action codes of class 5. */
export const reconcile93: ReconcileTable = {
  requestMti: '1500',
  adviceMti: '1520',
  functionCode: true,
  net: '97',
  results: {
    '500': 'IN_BALANCE',
    '501': 'OUT_OF_BALANCE',
    '502': 'OUT_OF_BALANCE',
    '503': 'CANNOT_COMPARE',
    '504': 'OUT_OF_BALANCE',
    '915': 'CANNOT_COMPARE',
  },
  resultField: '39',
};

/** Fields of the totals (DE74 to DE77 n10, DE86 to DE89 n16). */
export const totalsFields: ReadonlyArray<readonly [de: string, name: keyof ReconcileTotals, digits: number]> = [
  ['74', 'creditsCount', 10],
  ['75', 'creditsReversedCount', 10],
  ['76', 'debitsCount', 10],
  ['77', 'debitsReversedCount', 10],
  ['86', 'creditsMinor', 16],
  ['87', 'creditsReversedMinor', 16],
  ['88', 'debitsMinor', 16],
  ['89', 'debitsReversedMinor', 16],
];

/** What a network owes its acquirer by these totals, minor units; negative where the acquirer owes. */
export function netOf(totals: ReconcileTotals): bigint {
  return totals.debitsMinor - totals.debitsReversedMinor - totals.creditsMinor + totals.creditsReversedMinor;
}

/** DE97: C where the acquirer is to be credited. */
export function netText(net: bigint): string {
  return `${net < 0n ? 'D' : 'C'}${String(net < 0n ? -net : net).padStart(16, '0')}`;
}

/** Correlation key of totals and of their answer. */
function reconcileKey(mti: string, time: string, stan: string): string {
  return `${mti.slice(0, 2)}${time}${stan}`;
}

/** A message to pack and the key of its answer, or the field that cannot be made. */
export type ReconcileBuilt =
  | { readonly ok: true; readonly key: string; readonly input: MessageInput }
  | { readonly ok: false; readonly missing: string };

/** Builds the message. */
export function buildReconcile(
  table: ReconcileTable,
  request: ReconcileRequest,
  acquirerId: string,
  nowMs: number,
): ReconcileBuilt {
  const { totals, stan, transmissionTime, settlementDate } = request;
  const currency = currencyOf(request.currency)?.numeric;
  if (totals === undefined) return { ok: false, missing: 'totals' };
  if (currency === undefined) return { ok: false, missing: '50' };
  if (!/^\d{6}$/.test(stan)) return { ok: false, missing: '11' };
  if (!/^\d{10}$/.test(transmissionTime)) return { ok: false, missing: '7' };
  if (!/^\d{4}$/.test(settlementDate)) return { ok: false, missing: '15' };
  const fields: Record<string, FieldValue> = { '7': transmissionTime, '11': stan, '32': acquirerId, '50': currency };
  if (table.functionCode) {
    fields['12'] = yearOf(transmissionTime, nowMs) + transmissionTime;
    fields['24'] = '500';
    fields['28'] = yearOf(`${settlementDate}000000`, nowMs) + settlementDate;
  } else {
    fields['15'] = settlementDate;
  }
  for (const [de, name, digits] of totalsFields) {
    const value = totals[name];
    if (value < 0n || String(value).length > digits) return { ok: false, missing: de };
    fields[de] = String(value).padStart(digits, '0');
  }
  if (table.net !== undefined) fields[table.net] = netText(netOf(totals));
  const first = request.advice ? table.adviceMti : table.requestMti;
  const mti = request.repeat ? `${first.slice(0, 3)}1` : first;
  return { ok: true, key: reconcileKey(mti, transmissionTime, stan), input: { mti, fields } };
}

/** What an answer says. */
export interface ReconcileRead {
  readonly key: string;
  readonly result: ReconcileResult;
  readonly responseCode: string;
  readonly totals: ReconcileTotals | undefined;
}

/** Reads an answer of class 5; undefined if the message is none. */
export function readReconcile(table: ReconcileTable, message: Message): ReconcileRead | undefined {
  const { mti } = message;
  if (mti[1] !== '5' || (mti[2] !== '1' && mti[2] !== '3')) return undefined;
  const code = message.get('39') ?? '';
  const said = message.get(table.resultField) ?? '';
  // An acknowledged advice says no more than that (1987: DE66 0 or absent).
  const totals: Record<string, bigint> = {};
  for (const [de, name] of totalsFields) {
    const value = message.get(de);
    if (value !== undefined && /^\d+$/.test(value)) totals[name] = BigInt(value);
  }
  const whole = totalsFields.every(([, name]) => totals[name] !== undefined);
  return {
    key: reconcileKey(mti, message.get('7') ?? '', message.get('11') ?? ''),
    result: table.results[said] ?? 'UNSPECIFIED',
    responseCode: table.resultField === '39' ? code : `${code} ${said}`.trim(),
    totals: whole ? (totals as unknown as ReconcileTotals) : undefined,
  };
}
