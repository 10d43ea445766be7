// card-edge ledger: the books' proof and balances.
import { Command } from 'commander';
import { errorTable } from '../common/errors.ts';
import { formatMoney } from '../common/money.ts';
import { CheckLedgerRequest, ListBalancesRequest } from '../proto/gen/cardedge/core/v1/settlement.ts';
import { type ConnectOptions, connect, unary, withConnectOptions } from './connect.ts';
import { Failure } from './failure.ts';
import { line, printJson, table } from './print.ts';

const balancesHelp = `
authorization_held is what issuers hold and nobody captured yet; merchant_payable is what merchants are owed for what was captured, less fees;
network_receivable is what networks owe for it. merchant_reserve and suspense wait for people. A debit is positive; all together are zero.`;

interface LedgerOptions extends ConnectOptions {
  readonly merchant?: string;
  readonly before?: string;
  readonly byNetwork?: boolean;
  readonly json?: boolean;
}

/** The verb. */
export function ledgerCommand(): Command {
  const command = new Command('ledger').description('prove and read the double-entry books');
  withConnectOptions(command.command('check'))
    .description('prove that every journal and every currency sum to zero; exit code 0 only if so')
    .option('--json', 'print JSON')
    .action(check);
  withConnectOptions(command.command('balances'))
    .description('balances by account, debit positive')
    .option('--merchant <id>', 'one merchant')
    .option('--before <time>', 'only what was booked before, like 2026-11-01 or 2026-11-01T12:00:00Z (UTC)')
    .option('--by-network', 'each network by itself')
    .option('--json', 'print JSON')
    .addHelpText('after', balancesHelp)
    .action(balances);
  return command;
}

async function check(options: LedgerOptions): Promise<void> {
  const connection = connect(options);
  try {
    const request = CheckLedgerRequest.create();
    const proof = await unary(connection, connection.settlement, 'checkLedger', request);
    if (options.json === true) {
      printJson(proof);
    } else {
      line(`${proof.journals} journals, ${proof.postings} postings: ${proof.balanced ? 'balanced' : 'NOT BALANCED'}`);
      for (const problem of proof.problems) line(`  ${problem}`);
    }
    if (!proof.balanced) process.exitCode = errorTable.INTERNAL.exit;
  } finally {
    connection.close();
  }
}

async function balances(options: LedgerOptions): Promise<void> {
  const connection = connect(options);
  try {
    const request = ListBalancesRequest.create({
      merchantId: options.merchant ?? '',
      beforeUs: options.before === undefined ? 0n : momentOf(options.before),
      byNetwork: options.byNetwork ?? false,
    });
    const answer = await unary(connection, connection.settlement, 'listBalances', request);
    if (options.json === true) printJson(answer.balances);
    else
      table(
        answer.balances.map((one) => [
          one.account,
          one.network,
          one.merchantId,
          formatMoney(one.balance?.amountMinor ?? 0n, one.balance?.currency ?? ''),
        ]),
      );
  } finally {
    connection.close();
  }
}

/** A time as people give it, microseconds since 1970 UTC; without a zone it is UTC. */
function momentOf(text: string): bigint {
  const ms = Date.parse(/T.*(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  if (Number.isNaN(ms)) throw new Failure('--before must be a time like 2026-11-01 or 2026-11-01T12:00:00Z', 2);
  return BigInt(ms) * 1000n;
}
