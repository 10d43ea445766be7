// card-edge ledger: the books' proof and balances.
import { Command } from 'commander';
import { errorTable } from '../common/errors.ts';
import { formatMoney } from '../common/money.ts';
import { CheckLedgerRequest, ListBalancesRequest } from '../proto/gen/cardedge/core/v1/settlement.ts';
import { type ConnectOptions, connect, unary, withConnectOptions } from './connect.ts';
import { line, printJson, table } from './print.ts';

interface LedgerOptions extends ConnectOptions {
  readonly merchant?: string;
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
    .option('--json', 'print JSON')
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
    const request = ListBalancesRequest.create({ merchantId: options.merchant ?? '' });
    const answer = await unary(connection, connection.settlement, 'listBalances', request);
    if (options.json === true) printJson(answer.balances);
    else
      table(
        answer.balances.map((one) => [
          one.account,
          one.merchantId,
          formatMoney(one.balance?.amountMinor ?? 0n, one.balance?.currency ?? ''),
        ]),
      );
  } finally {
    connection.close();
  }
}
