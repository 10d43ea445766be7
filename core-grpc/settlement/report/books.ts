// The ledger as a whole: balances by account, and the proof that every journal and every currency sum to zero.
import type { Pool } from 'pg';
import { formatId } from '../../../common/ids.ts';
import {
  AccountBalance,
  type CheckLedgerResponse,
  type ListBalancesResponse,
} from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import { accounts } from '../../ledger/accounts.ts';
import { house } from '../ledger-templates.ts';

/** Journals that do not balance, as shown; one would already be one too many. */
const problemsMax = 20;

/** Which balances. */
export interface BalancesAsked {
  /** One merchant, or the whole book. */
  readonly merchantId: Buffer | undefined;
  /** Only what was booked before, microseconds since 1970 UTC; 0: all. */
  readonly beforeUs: bigint;
  readonly byNetwork: boolean;
}

/** Balances, debit positive. Accounts at zero that were never used are left out. */
export async function listBalances(pool: Pool, asked: BalancesAsked): Promise<ListBalancesResponse> {
  const { merchantId, beforeUs, byNetwork } = asked;
  const found = await pool.query<{ name: string; network: string; currency: string; balance: string }>(
    `select coalesce(account_name, account::text) as name, case when $3 then network else '' end as network, currency,
       sum(amount_minor) as balance
     from posting where ($1::uuid is null or merchant_id = $1) and ($2::bigint = 0 or at_us < $2::bigint)
     group by 1, 2, 3 order by 1, 2, 3`,
    [merchantId ?? null, beforeUs, byNetwork],
  );
  const merchant = merchantId === undefined || merchantId.equals(house) ? '' : formatId('merchant', merchantId);
  return {
    balances: found.rows.map((row) =>
      AccountBalance.create({
        account: row.name,
        merchantId: merchant,
        network: row.network,
        balance: { amountMinor: BigInt(row.balance), currency: row.currency },
      }),
    ),
  };
}

// What is kept back of days that were given back must be gone from the reserve; nothing may be given back that was not kept back.
const reserveSql = `select 'merchant ' || p.merchant_id || ' has ' || -sum(p.amount_minor) || ' ' || p.currency || ' in its reserve of days that were given back' as text
       from posting p join reserve_mark k on k.merchant_id = p.merchant_id
       where p.account = ${accounts.rolling_reserve} and (p.template = 'reserve_release' or p.at_us < k.released_until_us)
       group by p.merchant_id, p.currency having sum(p.amount_minor) <> 0`;

/** Proves the ledger in one snapshot. */
export async function checkLedger(pool: Pool): Promise<CheckLedgerResponse> {
  const found = await pool.query<{ journals: string; postings: string; problems: string[] }>(
    `with journal_sum as (
       select j.journal_id, j.currency, cardinality(j.accounts) as postings,
              (select sum(a) from unnest(j.amounts) a) as total,
              exists (select from unnest(j.accounts) c where c not in (select code from account)) as stray
       from journal j
     ), wrong as (
       select 'journal ' || journal_id || case when total <> 0 then ' sums to ' || total || ' ' || currency else ' uses an unknown account' end as text
       from journal_sum where total <> 0 or stray
     ), currency_sum as (
       select 'currency ' || currency || ' sums to ' || sum(total) as text from journal_sum group by currency having sum(total) <> 0
     ), reserves as (
       ${reserveSql}
     )
     select (select count(*) from journal_sum) as journals, (select coalesce(sum(postings), 0) from journal_sum) as postings,
            array(select text from (select text from currency_sum union all select text from reserves union all select text from wrong) t limit ${problemsMax}) as problems`,
  );
  const row = found.rows[0] ?? { journals: '0', postings: '0', problems: [] };
  return {
    balanced: row.problems.length === 0,
    journals: BigInt(row.journals),
    postings: BigInt(row.postings),
    problems: row.problems,
  };
}
