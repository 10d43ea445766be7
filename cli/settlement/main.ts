// card-edge settlement: the networks' files, from load to report.
import { Command } from 'commander';
import {
  GetFileRequest,
  ListBankEntriesRequest,
  ListPositionsRequest,
  type Position,
  type SettlementFile,
} from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { line, money, printJson, table, time, word } from '../print.ts';
import { disputesCommand } from './disputes.ts';
import { exceptionsCommand } from './exceptions.ts';
import { textOf } from './mapping.ts';
import { exceptions, expected, files, records, take } from './pages.ts';
import { payoutsCommand } from './payouts.ts';
import { reportCommand } from './report.ts';
import { describeFile, exitCodes, exitHelp, limitOf, nets, reasonOf } from './show.ts';
import { totalsCommand } from './totals.ts';
import { progressBar, uploadFile } from './upload.ts';
import { runVerify } from './verify.ts';
import { watchCommand } from './watch.ts';

interface LoadOptions extends ConnectOptions {
  readonly network?: string;
  readonly dryRun?: boolean;
  readonly mapping?: string;
  readonly currency?: string;
  readonly json?: boolean;
}

type Options = ConnectOptions & { readonly json?: boolean };

const loadHelp = `
A file is loaded once, whole or not at all: if its own count, totals or checksum do not agree, it is quarantined with every
problem located, and nothing of it is applied. Loading the same file again changes nothing.

The format is found by content: clearing CSV, Mastercard IPM, Visa BASE II, American Express GRRCN and EPRAW, camt.053 of a bank. IPM, BASE II, GRRCN
and EPRAW do not name their network as we do: give --network.

Examples:
  card-edge settlement load day1.csv day2.csv
  card-edge settlement load --network mastercard day.ipm
  card-edge settlement load --dry-run day1.csv     what a load would give
${exitHelp}`;

const dayHelp = `
A day:
  verify FILE                    is the file right in itself? on this machine, nothing is changed
  load --dry-run FILE            what a load would give
  load FILE                      once, whole or not at all
  exceptions list                what does not agree, oldest first
  exceptions show ex_...         the line beside our payment, and what to do about it
  exceptions resolve ex_... ...  do it; "resolve --help" has the actions
  expected                       approved and not cleared yet
  load STATEMENT                 the bank's camt.053 closes payouts and files
  report                         the day: what the files came to, what of it is settled and what is open
${exitHelp}`;

const expectedHelp = `
Approved payments without a line in any file, oldest first. Within its network's clearing days (2 or more) a payment is only awaited; after them it
is an exception as well, "expected but missing": ask the network, and send it again if it has none. What comes late closes its exception by itself.`;

const showHelp = `
The net of each currency and service stands beside the ledger's clearing account and, once it has come, what the network states: all must be the
same. A line is matched (with the rule that found its attempt), an exception, or written off.`;

/** The verb with its sub-verbs. */
export function settlementCommand(): Command {
  const command = new Command('settlement')
    .description('load settlement files, see what does not agree, act on it')
    .addHelpText('after', dayHelp);
  withConnectOptions(command.command('load'))
    .description('load settlement files')
    .argument('<file...>', 'files as the network delivered them')
    .option('--network <name>', 'network they must be of (default: what the file says)')
    .option('--mapping <file>', 'which column is what, for a CSV of no known format (docs/settlement.md)')
    .option('--currency <code>', 'currency of a format that names none, e.g. USD (EPRAW)')
    .option('--dry-run', 'check and match, keep nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', loadHelp)
    .action(load);
  command
    .command('verify')
    .description('check files on this machine, without core or database')
    .argument('<file...>', 'files as the network delivered them')
    .option('--mapping <file>', 'which column is what, for a CSV of no known format')
    .option('--currency <code>', 'currency of a format that names none, e.g. USD (EPRAW)')
    .option('--json', 'print JSON')
    .addHelpText('after', exitHelp)
    .action(runVerify);
  withConnectOptions(command.command('status'))
    .description('the newest files and the open exceptions by reason')
    .option('--json', 'print JSON')
    .addHelpText('after', exitHelp)
    .action(status);
  withConnectOptions(command.command('show'))
    .description('one file with its lines')
    .argument('<file>', '"sf_..."')
    .option('--lines <n>', 'how many lines to show', '50')
    .option('--json', 'print JSON')
    .addHelpText('after', showHelp)
    .action(show);
  withConnectOptions(command.command('expected'))
    .description('approved attempts that no file has cleared yet')
    .option('--network <name>', 'of one network')
    .option('--limit <n>', 'at most this many', '100')
    .option('--json', 'print JSON')
    .addHelpText('after', expectedHelp)
    .action(listExpected);
  command.addCommand(exceptionsCommand());
  command.addCommand(reportCommand());
  command.addCommand(disputesCommand());
  command.addCommand(payoutsCommand());
  command.addCommand(watchCommand());
  command.addCommand(totalsCommand());
  return command;
}

async function load(paths: readonly string[], options: LoadOptions): Promise<void> {
  const mapping = options.mapping === undefined ? '' : textOf(options.mapping);
  const connection = connect(options);
  const loaded: SettlementFile[] = [];
  try {
    for (const path of paths) {
      const bar = progressBar(path);
      try {
        const given = {
          network: options.network ?? '',
          dryRun: options.dryRun === true,
          mapping,
          currency: options.currency ?? '',
        };
        loaded.push(await uploadFile(connection, path, given, bar.to));
      } finally {
        bar.done();
      }
      const file = loaded.at(-1);
      if (options.json === true || file === undefined) continue;
      for (const text of describeFile(file)) line(text);
      if (file.fileId !== '' && file.exceptions > 0)
        line(`  next: card-edge settlement exceptions list --file ${file.fileId}`);
    }
  } finally {
    connection.close();
  }
  if (options.json === true) printJson(loaded);
  if (loaded.some((file) => file.state === 'QUARANTINED')) process.exitCode = exitCodes.quarantined;
  else if (loaded.some((file) => file.exceptions > 0)) process.exitCode = exitCodes.exceptions;
}

async function status(options: Options): Promise<void> {
  const connection = connect(options);
  try {
    const { rows } = await take(files(connection), 10);
    const byReason = new Map<string, { count: number; net: Map<string, bigint> }>();
    for await (const one of exceptions(connection, { fileId: '', openOnly: true })) {
      const row = byReason.get(reasonOf(one)) ?? { count: 0, net: new Map<string, bigint>() };
      row.count += 1;
      if (one.amount !== undefined) {
        row.net.set(one.amount.currency, (row.net.get(one.amount.currency) ?? 0n) + one.amount.amountMinor);
      }
      byReason.set(reasonOf(one), row);
    }
    if (options.json === true) {
      const open = [...byReason].map(([reason, row]) => ({ reason, count: row.count, net: row.net }));
      printJson({ files: rows, open });
    } else {
      table([
        ['FILE', 'NAME', 'NETWORK', 'STATE', 'LINES', 'MATCHED', 'EXCEPTIONS', 'NET', 'LOADED'],
        ...rows.map((f) => [
          f.fileId,
          f.fileName,
          f.network,
          word(f.state),
          `${f.records}`,
          `${f.matched}`,
          `${f.exceptions}`,
          nets(f.net),
          time(f.loadedAtUs),
        ]),
      ]); // prettier-ignore
      line();
      if (byReason.size === 0) line('no open exceptions');
      for (const [reason, row] of byReason) {
        line(
          `${row.count} open: ${reason}, ${nets([...row.net].map(([currency, amountMinor]) => ({ currency, amountMinor })))}`,
        );
      }
    }
    if (byReason.size > 0) process.exitCode = exitCodes.exceptions;
  } finally {
    connection.close();
  }
}

async function show(fileId: string, options: Options & { readonly lines: string }): Promise<void> {
  const connection = connect(options);
  try {
    const file = await unary(connection, connection.settlement, 'getFile', GetFileRequest.create({ fileId }));
    const lines = await take(records(connection, fileId), limitOf(options.lines, '--lines'));
    const { positions } = await unary(
      connection,
      connection.settlement,
      'listPositions',
      ListPositionsRequest.create({ fileId }),
    );
    const bank = await unary(
      connection,
      connection.settlement,
      'listBankEntries',
      ListBankEntriesRequest.create({ fileId }),
    );
    if (options.json === true) {
      printJson({ file, positions, records: lines.rows, bankEntries: bank.entries });
      return;
    }
    for (const text of describeFile(file)) line(text);
    for (const one of positions) line(`  ${describePosition(one)}`);
    if (bank.entries.length > 0) {
      line();
      table([
        ['ENTRY', 'BOOKED', 'AMOUNT', 'STATE', 'CLOSES', 'REFERENCE'],
        ...bank.entries.map((one) => [
          `${one.entryNumber}`,
          one.bookedOn,
          one.amount === undefined ? '-' : nets([one.amount]),
          word(one.state),
          one.closes,
          one.reference,
        ]),
      ]);
    }
    if (lines.rows.length === 0) return;
    line();
    table([
      ['LINE', 'KIND', 'AMOUNT', 'INTERCHANGE', 'RRN', 'TERMINAL', 'STATE', 'RULE', 'ATTEMPT'],
      ...lines.rows.map((r) => [
        `${r.recordNumber}`,
        word(r.kind),
        money(r.amount),
        r.interchange === undefined ? '' : nets([r.interchange]),
        r.rrn,
        r.terminalId,
        word(r.state),
        r.rule,
        r.attemptId,
      ]),
    ]);
    if (lines.more) line(`... ${file.records} lines in all`);
  } finally {
    connection.close();
  }
}

async function listExpected(options: Options & { readonly network?: string; readonly limit: string }): Promise<void> {
  const connection = connect(options);
  try {
    const { rows, more } = await take(expected(connection, options.network ?? ''), limitOf(options.limit, '--limit'));
    if (options.json === true) printJson(rows);
    else if (rows.length === 0) line('nothing is expected: every approved attempt is cleared');
    else {
      table([
        ['SINCE', 'NETWORK', 'AMOUNT', 'ATTEMPT', 'MERCHANT'],
        ...rows.map((one) => [time(one.sinceUs), one.network, money(one.amount), one.attemptId, one.merchantId]),
      ]);
      if (more) line('... and more');
    }
  } finally {
    connection.close();
  }
}

/** One net position beside what the ledger and the network say. */
function describePosition(one: Position): string {
  const parts = [
    `net ${one.net === undefined ? '-' : nets([one.net])}`,
    `ledger ${one.booked === undefined ? '-' : nets([one.booked])}`,
    ...(one.stated === undefined ? [] : [`network states ${nets([one.stated])}`]),
    one.paid ? 'paid by the bank' : 'not paid yet',
    ...(one.agrees ? [] : ['DOES NOT AGREE']),
  ];
  const names: Readonly<Record<string, string>> = { '': 'position', '*': 'position of the whole currency' };
  return `${names[one.service] ?? `position of service ${one.service}`}: ${parts.join(', ')}`;
}
