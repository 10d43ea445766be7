// Which account a line of a settlement file moves against network_clearing, as data. A file is one journal per currency:
// network_clearing takes the net, each line's share goes to the account of what the line is.
import type { LineKind } from './formats/record.ts';

/** Accounts that settlement books to; codes as in the table `account` (migrations 0001, 0002 and 0010). */
export const settlementAccounts = {
  network_receivable: 1,
  merchant_payable: 2,
  merchant_reserve: 6,
  dispute_receivable: 7,
  suspense: 8,
  settlement_bank: 9,
  write_off: 10,
  network_cost: 11,
  network_clearing: 20,
  payout_transit: 21,
} as const;

/** An account of settlement. */
export type SettlementAccount = keyof typeof settlementAccounts;

/** Where a matched line goes. */
export const accountOfMatched: Readonly<Record<LineKind, SettlementAccount>> = {
  PRESENTMENT: 'network_receivable',
  CREDIT: 'network_receivable',
  REVERSAL: 'network_receivable',
  CHARGEBACK: 'dispute_receivable',
  SECOND_PRESENTMENT: 'dispute_receivable',
  FEE: 'network_cost',
};

/** Where the interchange of every line goes. */
export const accountOfInterchange: SettlementAccount = 'network_cost';

/** Where a line goes that no attempt explains. */
export const accountOfException: SettlementAccount = 'suspense';

/** Where a person's decision takes an amount from suspense. */
export const accountOfAction = {
  /** The line belongs to the attempt that the person named. */
  MATCH: 'network_receivable',
  /** Nobody will pay the difference. */
  WRITE_OFF: 'write_off',
  /** The network's word counts: the merchant gets or pays it. */
  FORCE_POST: 'merchant_payable',
} as const satisfies Readonly<Record<string, SettlementAccount>>;

/** Merchant of journals that belong to no merchant. */
export const house = Buffer.alloc(16);
