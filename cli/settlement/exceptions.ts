// card-edge settlement exceptions: the queue, one of them, and what to do about it.
import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import {
  type ExceptionAction,
  GetExceptionRequest,
  ResolveExceptionRequest,
  type SettlementException,
} from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { line, money, printJson, table, time, word } from '../print.ts';
import { comparisonTable } from './comparisons.ts';
import { exceptions, take } from './pages.ts';
import { describeException, exceptionHeads, exceptionRow, exitCodes, exitHelp } from './show.ts';

interface ListOptions extends ConnectOptions {
  readonly file?: string;
  readonly all?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

interface AssignOptions extends ConnectOptions {
  readonly to?: string;
  readonly note: string;
  readonly json?: boolean;
}

interface ResolveOptions extends ConnectOptions {
  readonly attempt?: string;
  readonly payout?: string;
  readonly paidFile?: string;
  readonly operator?: string;
  readonly approver?: string;
  readonly note: string;
  readonly json?: boolean;
}

const actions = {
  assign: 'ASSIGN',
  match: 'MATCH',
  'write-off': 'WRITE_OFF',
  'force-post': 'FORCE_POST',
  raise: 'RAISE',
  explain: 'EXPLAIN',
  reopen: 'REOPEN',
} as const satisfies Readonly<Record<string, ExceptionAction>>;

const actionHelp = `
Actions:
  assign      take it: --operator (default: the login name)
  match       the line belongs to an attempt: --attempt at_...; a bank entry to --payout po_... or --paid-file sf_...;
              a difference of amounts is written off, as below
  write-off   give the amount up: --note; above the limit also --approver, a second person
  force-post  the network's word counts, the merchant gets or pays the amount: --note
  raise       asked the network: --note; stays open
  explain     totals that differ: what explains it, --note; moves no money, because the lines of files do
  reopen      undo the last resolving action by counter-entries

Example:
  card-edge settlement exceptions resolve ex_... match --attempt at_... --note "terminal was renamed"
${exitHelp}`;

/** The verbs below "exceptions". */
export function exceptionsCommand(): Command {
  const command = new Command('exceptions').description('what does not agree, and what to do about it');
  withConnectOptions(command.command('list'))
    .description('open exceptions, oldest first')
    .option('--file <id>', 'of one file ("sf_...")')
    .option('--all', 'resolved ones too')
    .option('--limit <n>', 'at most this many', '100')
    .option('--json', 'print JSON')
    .addHelpText('after', exitHelp)
    .action(list);
  withConnectOptions(command.command('show'))
    .description('one exception with its line and everything that was done about it')
    .argument('<exception>', '"ex_..."')
    .option('--json', 'print JSON')
    .action(show);
  withConnectOptions(command.command('assign'))
    .description('give an exception to somebody; it stays open')
    .argument('<exception>', '"ex_..."')
    .option('--to <name>', 'who works on it (default: the login name)')
    .option('--note <text>', 'what is known so far', '')
    .option('--json', 'print JSON')
    .action(assign);
  withConnectOptions(command.command('resolve'))
    .description('act on an exception; every action is kept and can be undone')
    .argument('<exception>', '"ex_..."')
    .argument('<action>', Object.keys(actions).join(' | '))
    .option('--attempt <id>', 'attempt, for match ("at_...")')
    .option('--payout <id>', 'payout, to match a bank entry ("po_...")')
    .option('--paid-file <id>', 'file whose net it pays, to match a bank entry ("sf_...")')
    .addOption(new Option('--operator <name>', 'who acts (default: the login name)').env('CARD_EDGE_OPERATOR'))
    .option('--approver <name>', 'second person, for write-off')
    .option('--note <text>', 'why', '')
    .option('--json', 'print JSON')
    .addHelpText('after', actionHelp)
    .action(resolve);
  return command;
}

async function list(options: ListOptions): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new Failure('--limit must be a number from 1', 2);
  const connection = connect(options);
  try {
    const filter = { fileId: options.file ?? '', openOnly: options.all !== true };
    const { rows, more } = await take(exceptions(connection, filter), limit);
    if (options.json === true) printJson(rows);
    else if (rows.length === 0) line('no exceptions');
    else table([exceptionHeads, ...rows.map((one) => exceptionRow(one, Date.now()))]);
    if (more && options.json !== true) line(`... and more: --limit ${limit * 10}`);
    if (rows.some((one) => !one.resolved)) process.exitCode = exitCodes.exceptions;
  } finally {
    connection.close();
  }
}

async function show(id: string, options: ConnectOptions & { readonly json?: boolean }): Promise<void> {
  const connection = connect(options);
  try {
    const request = GetExceptionRequest.create({ exceptionId: id });
    const found = await unary(connection, connection.settlement, 'getException', request);
    if (options.json === true) {
      printJson(found);
      return;
    }
    if (found.exception !== undefined) print(found.exception, false);
    const { record } = found;
    if (record !== undefined) {
      line(
        `  the line: ${word(record.kind)} ${money(record.amount)}, rrn ${record.rrn || '-'}, terminal ${record.terminalId || '-'}, code ${record.authorizationCode || '-'}, reference ${record.networkReference || '-'}`,
      );
    }
    if (found.attemptAmount !== undefined) line(`  our payment: ${money(found.attemptAmount)}`);
    if (found.comparison !== undefined) table(comparisonTable(found.comparison));
    for (const event of found.events) {
      const second = event.approver === '' ? '' : ` with ${event.approver}`;
      line(
        `  ${time(event.atUs)} ${word(event.action)} by ${event.operator}${second}${event.note === '' ? '' : `: ${event.note}`}`,
      );
    }
  } finally {
    connection.close();
  }
}

async function assign(id: string, options: AssignOptions): Promise<void> {
  const connection = connect(options);
  try {
    const request = ResolveExceptionRequest.create({
      exceptionId: id,
      action: 'ASSIGN',
      operator: options.to ?? userInfo().username,
      note: options.note,
    });
    print(await unary(connection, connection.settlement, 'resolveException', request), options.json === true);
  } finally {
    connection.close();
  }
}

async function resolve(id: string, action: string, options: ResolveOptions): Promise<void> {
  if (!Object.hasOwn(actions, action))
    throw new Failure(`the action must be one of ${Object.keys(actions).join(', ')}`, 2);
  const connection = connect(options);
  try {
    const request = ResolveExceptionRequest.create({
      exceptionId: id,
      action: actions[action as keyof typeof actions],
      attemptId: options.attempt ?? '',
      payoutId: options.payout ?? '',
      paidFileId: options.paidFile ?? '',
      operator: options.operator ?? userInfo().username,
      approver: options.approver ?? '',
      note: options.note,
    });
    print(await unary(connection, connection.settlement, 'resolveException', request), options.json === true);
  } finally {
    connection.close();
  }
}

function print(exception: SettlementException, json: boolean): void {
  if (json) printJson(exception);
  else for (const text of describeException(exception)) line(text);
}
