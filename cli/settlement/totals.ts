// card-edge settlement totals: a settlement day by our books, beside the ledger and - asked with 0500 or told with 0520 - the network.
import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { formatMoney } from '../../common/money.ts';
import { type CurrencyTotals, GetNetworkTotalsRequest } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type ReconcileReply, ReconcileRequest, ReconcileTotals } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type Connection, type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { line, printJson, table, word } from '../print.ts';
import { exitCodes } from './show.ts';

interface Options extends ConnectOptions {
  readonly network: string;
  readonly date: string;
  readonly ask?: boolean;
  readonly tell?: boolean;
  readonly json?: boolean;
}

/** One currency of the day. */
interface Compared {
  readonly ours: CurrencyTotals;
  readonly netMinor: bigint;
  readonly bookedMinor: bigint;
  readonly network: ReconcileReply | undefined;
}

/** The verb. */
export function totalsCommand(): Command {
  return withConnectOptions(new Command('totals'))
    .description("a settlement day's totals by our books, beside the ledger and the network")
    .requiredOption('--network <name>', 'network')
    .requiredOption('--date <YYYY-MM-DD>', 'settlement date')
    .option('--ask', 'ask the network whether they are its totals (0500)')
    .option('--tell', 'tell the network our totals (0520)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\n--ask and --tell go through the gateway, which writes down who asked.\nExit codes: 0 all agree; 22 ledger or network differ, or the network did not answer; others as in docs/errors.md.',
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  if (!/^\d{4}-\d\d-\d\d$/.test(options.date)) throw new Failure('--date must be YYYY-MM-DD', 2);
  if (options.ask === true && options.tell === true) throw new Failure('--ask or --tell, not both', 2);
  const connection = connect(options);
  try {
    const request = GetNetworkTotalsRequest.create({ network: options.network, settlementDate: options.date });
    const totals = await unary(connection, connection.settlement, 'getNetworkTotals', request);
    const compared: Compared[] = [];
    for (const ours of totals.currencies) {
      const netMinor = ours.debitsMinor - ours.debitsReversedMinor - ours.creditsMinor + ours.creditsReversedMinor;
      const bookedMinor = totals.booked.find((one) => one.currency === ours.currency)?.amountMinor ?? 0n;
      const asked = options.ask === true || options.tell === true;
      compared.push({ ours, netMinor, bookedMinor, network: asked ? await ask(connection, options, ours) : undefined });
    }
    if (options.json === true) printJson(compared);
    else print(compared, options.tell === true);
    const agrees = ({ netMinor, bookedMinor, network }: Compared): boolean =>
      netMinor === bookedMinor &&
      (network === undefined || network.result === 'IN_BALANCE' || (options.tell === true && isTaken(network)));
    if (!compared.every(agrees)) process.exitCode = exitCodes.exceptions;
  } finally {
    connection.close();
  }
}

async function ask(connection: Connection, options: Options, ours: CurrencyTotals): Promise<ReconcileReply> {
  const now = new Date().toISOString();
  const { currency, ...totals } = ours;
  const request = ReconcileRequest.create({
    network: options.network,
    advice: options.tell === true,
    // A number of the operator's own: it only has to differ from those of other messages of this second.
    stan: String(randomInt(1, 1_000_000)).padStart(6, '0'),
    transmissionTime: now.slice(5, 19).replaceAll(/\D/g, ''),
    settlementDate: options.date.slice(5).replace('-', ''),
    currency,
    totals: ReconcileTotals.create(totals),
  });
  return await unary(connection, connection.gateway(), 'reconcile', request);
}

function print(compared: readonly Compared[], told: boolean): void {
  if (compared.length === 0) {
    line('nothing was settled on that day');
    return;
  }
  table([
    ['CURRENCY', 'DEBITS', 'CREDITS', 'REVERSED', 'NET', 'LEDGER', 'NETWORK'],
    ...compared.map(({ ours, netMinor, bookedMinor, network }) => [
      ours.currency,
      `${ours.debitsCount} ${formatMoney(ours.debitsMinor, ours.currency)}`,
      `${ours.creditsCount} ${formatMoney(ours.creditsMinor, ours.currency)}`,
      `${ours.debitsReversedCount + ours.creditsReversedCount} ${formatMoney(ours.debitsReversedMinor - ours.creditsReversedMinor, ours.currency)}`,
      formatMoney(netMinor, ours.currency),
      bookedMinor === netMinor ? 'agrees' : `DIFFERS: ${formatMoney(bookedMinor, ours.currency)}`,
      network === undefined ? 'not asked' : told && isTaken(network) ? 'told' : saidOf(network, ours.currency),
    ]),
  ]);
}

/** An advice is only taken: the network compares by itself and says nothing of the result. */
function isTaken(reply: ReconcileReply): boolean {
  return reply.outcome === 'APPROVED' && reply.result === 'UNSPECIFIED';
}

function saidOf(reply: ReconcileReply, currency: string): string {
  if (reply.result === 'UNSPECIFIED') return `no answer (${word(reply.outcome)})`;
  if (reply.result !== 'OUT_OF_BALANCE' || reply.totals === undefined) return word(reply.result).replaceAll('_', ' ');
  const { debitsMinor, debitsReversedMinor, creditsMinor, creditsReversedMinor } = reply.totals;
  return `DIFFERS: net ${formatMoney(debitsMinor - debitsReversedMinor - creditsMinor + creditsReversedMinor, currency)}`;
}
