// card-edge settlement totals: a settlement day by our books, beside the ledger and - asked with 0500 or told with 0520 - the network.
import { randomInt } from 'node:crypto';
import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import { formatMoney } from '../../common/money.ts';
import {
  CompareTotalsRequest,
  type CurrencyTotals,
  GetNetworkTotalsRequest,
  type TotalsComparison,
} from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type ReconcileReply, ReconcileRequest, ReconcileTotals } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type Connection, type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { line, printJson, table, word } from '../print.ts';
import { comparisonHeads, comparisonRow, comparisonTable, netOf } from './comparisons.ts';
import { comparisons, take } from './pages.ts';
import { exitCodes, limitOf } from './show.ts';

interface Options extends ConnectOptions {
  readonly network?: string;
  readonly date?: string;
  readonly ask?: boolean;
  readonly tell?: boolean;
  readonly history?: boolean;
  readonly limit: string;
  readonly operator?: string;
  readonly json?: boolean;
}

/** One currency of the day. */
interface Compared {
  readonly ours: CurrencyTotals;
  readonly netMinor: bigint;
  readonly bookedMinor: bigint;
  /** What the network was asked. */
  readonly asked?: TotalsComparison;
  /** What it said when it was told. */
  readonly told?: ReconcileReply;
}

const help = `
The core asks every network by itself when a settlement day is over (an answer names the next day, or the day has ended everywhere), keeps what
it says (--history), and opens an exception where network and ledger differ. --ask does the same now, on the record with your name. --tell
only tells the network: it goes through the gateway, which writes down who did.

Examples:
  card-edge settlement totals --network simnet --date 2026-01-02          our books beside the ledger
  card-edge settlement totals --network simnet --date 2026-01-02 --ask    and the network; a difference becomes an exception
  card-edge settlement totals --history                                   what networks have said

Exit codes: 0 all agree; 22 ledger or network differ, or the network did not answer; others as in docs/errors.md.`;

/** The verb. */
export function totalsCommand(): Command {
  return withConnectOptions(new Command('totals'))
    .description("a settlement day's totals by our books, beside the ledger and the network")
    .option('--network <name>', 'network')
    .option('--date <YYYY-MM-DD>', 'settlement date')
    .option('--ask', 'ask the network whether they are its totals (0500), and keep what it says')
    .option('--tell', 'tell the network our totals (0520)')
    .option('--history', 'comparisons so far, newest day first; of one network with --network')
    .option('--limit <n>', 'at most this many of the history', '50')
    .addOption(new Option('--operator <name>', 'who asks (default: the login name)').env('CARD_EDGE_OPERATOR'))
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(run);
}

async function run(options: Options): Promise<void> {
  if (options.history === true) {
    await history(options);
    return;
  }
  const { network, date } = options;
  if (network === undefined || date === undefined)
    throw new Failure('give --network and --date, or --history for what was compared so far', 2);
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new Failure('--date must be YYYY-MM-DD', 2);
  if (options.ask === true && options.tell === true) throw new Failure('--ask or --tell, not both', 2);
  const connection = connect(options);
  try {
    const compared = await compare(connection, options, network, date);
    if (options.json === true) printJson(compared);
    else print(compared);
    if (!compared.every(agrees)) process.exitCode = exitCodes.exceptions;
  } finally {
    connection.close();
  }
}

async function compare(connection: Connection, options: Options, network: string, date: string): Promise<Compared[]> {
  const request = GetNetworkTotalsRequest.create({ network, settlementDate: date });
  const totals = await unary(connection, connection.settlement, 'getNetworkTotals', request);
  const operator = options.operator ?? userInfo().username;
  const asking = CompareTotalsRequest.create({ network, settlementDate: date, operator });
  const asked =
    options.ask === true
      ? (await unary(connection, connection.settlement, 'compareTotals', asking)).comparisons
      : undefined;
  const compared: Compared[] = [];
  for (const ours of totals.currencies) {
    const bookedMinor = totals.booked.find((one) => one.currency === ours.currency)?.amountMinor ?? 0n;
    const answer = asked?.find((one) => one.ours?.currency === ours.currency);
    compared.push({
      ours,
      netMinor: netOf(ours),
      bookedMinor,
      ...(answer === undefined ? {} : { asked: answer }),
      ...(options.tell === true ? { told: await tell(connection, network, date, ours) } : {}),
    });
  }
  return compared;
}

async function tell(
  connection: Connection,
  network: string,
  date: string,
  ours: CurrencyTotals,
): Promise<ReconcileReply> {
  const now = new Date().toISOString();
  const { currency, ...totals } = ours;
  const request = ReconcileRequest.create({
    network,
    advice: true,
    // A number of the operator's own: it only has to differ from those of other messages of this second.
    stan: String(randomInt(1, 1_000_000)).padStart(6, '0'),
    transmissionTime: now.slice(5, 19).replaceAll(/\D/g, ''),
    settlementDate: date.slice(5).replace('-', ''),
    currency,
    totals: ReconcileTotals.create(totals),
  });
  return await unary(connection, connection.gateway(), 'reconcile', request);
}

/** An advice is only taken: the network compares by itself and says nothing of the result. */
function agrees({ netMinor, bookedMinor, asked, told }: Compared): boolean {
  return (
    netMinor === bookedMinor &&
    (asked === undefined || asked.state === 'EQUAL') &&
    (told === undefined || told.outcome === 'APPROVED')
  );
}

function print(compared: readonly Compared[]): void {
  if (compared.length === 0) {
    line('nothing was settled on that day');
    return;
  }
  table([
    ['CURRENCY', 'DEBITS', 'CREDITS', 'REVERSED', 'NET', 'LEDGER', 'NETWORK'],
    ...compared.map(({ ours, netMinor, bookedMinor, asked, told }) => [
      ours.currency,
      `${ours.debitsCount} ${formatMoney(ours.debitsMinor, ours.currency)}`,
      `${ours.creditsCount} ${formatMoney(ours.creditsMinor, ours.currency)}`,
      `${ours.debitsReversedCount + ours.creditsReversedCount} ${formatMoney(ours.debitsReversedMinor - ours.creditsReversedMinor, ours.currency)}`,
      formatMoney(netMinor, ours.currency),
      bookedMinor === netMinor ? 'agrees' : `DIFFERS: ${formatMoney(bookedMinor, ours.currency)}`,
      told === undefined ? saidOf(asked) : told.outcome === 'APPROVED' ? 'told' : `no answer (${word(told.outcome)})`,
    ]),
  ]);
  for (const { asked } of compared) {
    if (asked?.state !== 'DIFFERENT') continue;
    line();
    table(comparisonTable(asked));
    line('see "card-edge settlement exceptions list"');
  }
}

function saidOf(asked: TotalsComparison | undefined): string {
  if (asked === undefined) return 'not asked';
  if (asked.state === 'EQUAL') return 'agrees';
  if (asked.state !== 'DIFFERENT') return word(asked.state).replaceAll('_', ' ');
  return asked.theirs === undefined ? 'DIFFERS' : `DIFFERS: ${formatMoney(netOf(asked.theirs), asked.theirs.currency)}`;
}

async function history(options: Options): Promise<void> {
  const connection = connect(options);
  try {
    const { rows, more } = await take(
      comparisons(connection, options.network ?? ''),
      limitOf(options.limit, '--limit'),
    );
    if (options.json === true) printJson(rows);
    else if (rows.length === 0) line('no network was asked yet: it is asked when a settlement day is over');
    else table([comparisonHeads, ...rows.map(comparisonRow)]);
    if (more && options.json !== true) line('... and more: --limit');
  } finally {
    connection.close();
  }
}
