// Journal templates as data. A line is a coefficient of the amount, one of the fee and one of the reserve; a template balances for every
// amount, fee and reserve exactly when all three columns of coefficients sum to zero, which is checked when this file loads.
import type { AttemptKind } from '../payments/model.ts';
import { type AccountName, accounts } from './accounts.ts';

/** One line: amountMinor * amount + feeMinor * fee + reserveMinor * reserve goes to the account; positive is a debit. */
export interface TemplateLine {
  readonly account: AccountName;
  readonly amount: -1 | 0 | 1;
  readonly fee: -1 | 0 | 1;
  /** Part that the fee plan keeps back for a while; left out: 0. */
  readonly reserve?: -1 | 0 | 1;
}

export const templates = {
  /** Authorised and captured in one message. */
  purchase: [
    { account: 'network_receivable', amount: 1, fee: 0 },
    { account: 'merchant_payable', amount: -1, fee: 1, reserve: 1 },
    { account: 'fee_income', amount: 0, fee: -1 },
    { account: 'rolling_reserve', amount: 0, fee: 0, reserve: -1 },
  ],
  /** The issuer holds the amount: memorandum only. */
  hold: [
    { account: 'authorization_held', amount: 1, fee: 0 },
    { account: 'authorization_contra', amount: -1, fee: 0 },
  ],
  /** A hold, or its remainder, is given back. */
  release: [
    { account: 'authorization_held', amount: -1, fee: 0 },
    { account: 'authorization_contra', amount: 1, fee: 0 },
  ],
  /** A hold, or a part of it, becomes money owed. */
  capture: [
    { account: 'authorization_held', amount: -1, fee: 0 },
    { account: 'authorization_contra', amount: 1, fee: 0 },
    { account: 'network_receivable', amount: 1, fee: 0 },
    { account: 'merchant_payable', amount: -1, fee: 1, reserve: 1 },
    { account: 'fee_income', amount: 0, fee: -1 },
    { account: 'rolling_reserve', amount: 0, fee: 0, reserve: -1 },
  ],
  /** Captured money goes back to the cardholder; the fee is kept. */
  refund: [
    { account: 'network_receivable', amount: -1, fee: 0 },
    { account: 'merchant_payable', amount: 1, fee: 0 },
  ],
  /** What a fee plan kept back is given back after its days. */
  reserve_release: [
    { account: 'rolling_reserve', amount: 1, fee: 0 },
    { account: 'merchant_payable', amount: -1, fee: 0 },
  ],
  /** A capture that the network has no record of is taken back, with its fee; what was kept back of it is given back on its day. */
  capture_reversed: [
    { account: 'network_receivable', amount: -1, fee: 0 },
    { account: 'merchant_payable', amount: 1, fee: -1 },
    { account: 'fee_income', amount: 0, fee: 1 },
  ],
} as const satisfies Readonly<Record<string, readonly TemplateLine[]>>;

export type TemplateName = keyof typeof templates;

/** Which template books the approval of an attempt. Checks of a card move nothing. */
export const templateOfKind: Readonly<Record<AttemptKind, TemplateName | undefined>> = {
  PURCHASE: 'purchase',
  AUTHORIZATION: 'hold',
  INCREMENT: 'hold',
  CAPTURE: 'capture',
  VOID: 'release',
  REFUND: 'refund',
  VERIFICATION: undefined,
  BALANCE: undefined,
};

for (const [name, lines] of Object.entries<readonly TemplateLine[]>(templates)) {
  const amount = lines.reduce((sum, line) => sum + line.amount, 0);
  const fee = lines.reduce((sum, line) => sum + line.fee, 0);
  const reserve = lines.reduce((sum, line) => sum + (line.reserve ?? 0), 0);
  if (amount !== 0 || fee !== 0 || reserve !== 0)
    throw new Error(`ledger/templates.ts: template ${name} does not sum to zero`);
}

/** The postings of a template for an amount, a fee and a reserve, minor units. Lines of zero are left out; they sum to zero. */
export function postings(
  name: TemplateName,
  amountMinor: bigint,
  feeMinor: bigint,
  reserveMinor: bigint,
): Array<{ account: number; amountMinor: bigint }> {
  const lines: Array<{ account: number; amountMinor: bigint }> = [];
  const template: readonly TemplateLine[] = templates[name];
  for (const line of template) {
    const value =
      signed(line.amount, amountMinor) + signed(line.fee, feeMinor) + signed(line.reserve ?? 0, reserveMinor);
    if (value !== 0n) lines.push({ account: accounts[line.account], amountMinor: value });
  }
  return lines;
}

function signed(sign: -1 | 0 | 1, minor: bigint): bigint {
  return sign === 0 ? 0n : sign === 1 ? minor : -minor;
}
