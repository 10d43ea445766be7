// card-edge settlement disputes: what issuers took back, and how far each dispute is.
import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import { type Dispute, ResolveDisputeRequest } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { line, money, printJson, table, time, word } from '../print.ts';
import { disputes, take } from './pages.ts';
import { limitOf } from './show.ts';

/** The verbs below "disputes". */
export function disputesCommand(): Command {
  const command = new Command('disputes').description('chargebacks and what became of them');
  withConnectOptions(command.command('list'))
    .description('disputes, newest first')
    .option('--open', 'open ones only')
    .option('--merchant <id>', 'of one merchant ("mer_...")')
    .option('--limit <n>', 'at most this many', '100')
    .option('--json', 'print JSON')
    .action(list);
  withConnectOptions(command.command('accept'))
    .description('give up: the cardholder keeps the money, the merchant bears what the network holds')
    .argument('<dispute>', '"dp_..."')
    .addOption(new Option('--operator <name>', 'who acts (default: the login name)').env('CARD_EDGE_OPERATOR'))
    .requiredOption('--note <text>', 'why')
    .option('--json', 'print JSON')
    .action(accept);
  command.addHelpText(
    'after',
    "\nA dispute opens and moves with the lines of settlement files. Until it ends its amount is kept back from the merchant; a state that\nnobody answers in the scheme's window ends by itself.",
  );
  return command;
}

async function list(
  options: ConnectOptions & {
    readonly open?: boolean;
    readonly merchant?: string;
    readonly limit: string;
    readonly json?: boolean;
  },
): Promise<void> {
  const connection = connect(options);
  try {
    const filter = { merchantId: options.merchant ?? '', openOnly: options.open === true };
    const { rows, more } = await take(disputes(connection, filter), limitOf(options.limit, '--limit'));
    if (options.json === true) printJson(rows);
    else if (rows.length === 0) line('no disputes');
    else {
      table([
        ['DISPUTE', 'STATE', 'AMOUNT', 'REASON', 'NETWORK', 'OPENED', 'DUE', 'ATTEMPT'],
        ...rows.map((one) => [
          one.disputeId,
          word(one.state),
          money(one.amount),
          one.reasonCode,
          one.network,
          time(one.openedAtUs),
          one.dueAtUs === 0n ? '-' : time(one.dueAtUs),
          one.attemptId,
        ]),
      ]);
      if (more) line('... and more');
    }
  } finally {
    connection.close();
  }
}

async function accept(
  disputeId: string,
  options: ConnectOptions & { readonly operator?: string; readonly note: string; readonly json?: boolean },
): Promise<void> {
  const connection = connect(options);
  try {
    const operator = options.operator ?? userInfo().username;
    const request = ResolveDisputeRequest.create({ disputeId, action: 'ACCEPT', operator, note: options.note });
    const dispute = await unary(connection, connection.settlement, 'resolveDispute', request);
    if (options.json === true) printJson(dispute);
    else for (const text of describe(dispute)) line(text);
  } finally {
    connection.close();
  }
}

function describe(dispute: Dispute): string[] {
  return [
    `${dispute.disputeId}: ${word(dispute.state)}, ${money(dispute.amount)}`,
    ...dispute.events.map(
      (event) =>
        `  ${time(event.atUs)} ${event.event.replaceAll('_', ' ')}${event.fileId === '' ? '' : ` by line ${event.recordNumber} of ${event.fileId}`}${event.operator === '' ? '' : ` by ${event.operator}: ${event.note}`}`,
    ),
  ];
}
