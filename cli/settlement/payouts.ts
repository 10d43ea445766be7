// card-edge settlement payouts: what merchants are paid, with the statement of each payout.
import { Command } from 'commander';
import { formatMoney } from '../../common/money.ts';
import { CreatePayoutsRequest, type Payout, type SignedMoney } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { line, printJson, table, time } from '../print.ts';
import { payoutLines, payouts, take } from './pages.ts';
import { limitOf } from './show.ts';

type Options = ConnectOptions & { readonly merchant?: string; readonly json?: boolean };

/** The verbs below "payouts". */
export function payoutsCommand(): Command {
  const command = new Command('payouts').description('what merchants are paid');
  withConnectOptions(command.command('create'))
    .description('make payout batches of everything that is owed; once only, safe to run again')
    .option('--merchant <id>', 'of one merchant ("mer_...")')
    .option('--until <time>', 'up to this time, ISO 8601 (default: as late as the books are closed)')
    .option('--json', 'print JSON')
    .action(create);
  withConnectOptions(command.command('list'))
    .description('payouts, newest first')
    .option('--merchant <id>', 'of one merchant ("mer_...")')
    .option('--limit <n>', 'at most this many', '100')
    .option('--json', 'print JSON')
    .action(list);
  withConnectOptions(command.command('statement'))
    .description("every line of a payout, as the merchant's statement")
    .argument('<payout>', '"po_..."')
    .option('--format <form>', 'text, csv or json', 'text')
    .action(statement);
  command.addHelpText(
    'after',
    "\nOrder each payout at the bank with its end-to-end id. The bank's statement (camt.053), loaded with `settlement load`, confirms it.",
  );
  return command;
}

const signed = (one: SignedMoney | undefined): string =>
  one === undefined ? '-' : formatMoney(one.amountMinor, one.currency);

function print(rows: readonly Payout[]): void {
  table([
    [
      'PAYOUT',
      'MERCHANT',
      'NET',
      'CAPTURED',
      'REFUNDED',
      'FEES',
      'DISPUTED',
      'ADJUSTED',
      'RESERVED',
      'BANK',
      'END-TO-END ID',
    ],
    ...rows.map((one) => [
      one.payoutId,
      one.merchantId,
      signed(one.net),
      signed(one.captured),
      signed(one.refunded),
      signed(one.fees),
      signed(one.disputed),
      signed(one.adjusted),
      signed(one.reserved),
      one.confirmed ? 'confirmed' : 'open',
      one.endToEndId,
    ]),
  ]);
}

async function create(options: Options & { readonly until?: string }): Promise<void> {
  const untilMs = options.until === undefined ? 0 : Date.parse(options.until);
  if (Number.isNaN(untilMs)) throw new Failure('--until must be a time like 2026-01-02T23:00:00Z', 2);
  const connection = connect(options);
  try {
    const request = CreatePayoutsRequest.create({
      merchantId: options.merchant ?? '',
      untilUs: BigInt(untilMs) * 1000n,
    });
    const { payouts: made } = await unary(connection, connection.settlement, 'createPayouts', request);
    if (options.json === true) printJson(made);
    else if (made.length === 0) line('nothing is owed: no payout was made');
    else print(made);
  } finally {
    connection.close();
  }
}

async function list(options: Options & { readonly limit: string }): Promise<void> {
  const connection = connect(options);
  try {
    const { rows, more } = await take(payouts(connection, options.merchant ?? ''), limitOf(options.limit, '--limit'));
    if (options.json === true) printJson(rows);
    else if (rows.length === 0) line('no payouts');
    else print(rows);
    if (more && options.json !== true) line('... and more');
  } finally {
    connection.close();
  }
}

async function statement(payoutId: string, options: ConnectOptions & { readonly format: string }): Promise<void> {
  const connection = connect(options);
  try {
    const lines = [];
    for await (const one of payoutLines(connection, payoutId)) lines.push(one);
    const cells = lines.map((one) => [
      time(one.atUs),
      one.template,
      signed(one.amount),
      signed(one.fee),
      one.intentId,
      one.attemptId,
    ]);
    const heads = ['BOOKED', 'WHAT', 'AMOUNT', 'FEE IN IT', 'INTENT', 'ATTEMPT'];
    if (options.format === 'json') printJson(lines);
    else if (options.format === 'csv') for (const row of [heads, ...cells]) line(row.join(','));
    else if (options.format === 'text') {
      table([heads, ...cells]);
      const sum = lines.reduce((total, one) => total + (one.amount?.amountMinor ?? 0n), 0n);
      line(`${lines.length} lines, ${formatMoney(sum, lines[0]?.amount?.currency ?? '')}`);
    } else throw new Failure('--format must be text, csv or json', 2);
  } finally {
    connection.close();
  }
}
