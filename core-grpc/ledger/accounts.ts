// The accounts of the ledger; the same rows are in the table `account` of migrations 0001, 0002, 0010 and 0014. Debits are positive.
export const accounts = {
  network_receivable: 1,
  merchant_payable: 2,
  fee_income: 3,
  authorization_held: 4,
  authorization_contra: 5,
  merchant_reserve: 6,
  dispute_receivable: 7,
  suspense: 8,
  settlement_bank: 9,
  write_off: 10,
  network_cost: 11,
  rolling_reserve: 12,
  network_clearing: 20,
  payout_transit: 21,
} as const;

export type AccountName = keyof typeof accounts;
