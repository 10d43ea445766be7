// card-edge settlement exceptions: the queue, one of them, and what to do about it.
import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import {
  type ExceptionAction,
  ResolveExceptionRequest,
  type SettlementException,
} from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type Connection, type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { line, printJson, table } from '../print.ts';
import { exceptions, take } from './pages.ts';
import { describeException, exceptionHeads, exceptionRow, exitCodes, exitHelp } from './show.ts';

interface ListOptions extends ConnectOptions {
  readonly file?: string;
  readonly all?: boolean;
  readonly limit: string;
  readonly json?: boolean;
}

interface ResolveOptions extends ConnectOptions {
  readonly attempt?: string;
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
  reopen: 'REOPEN',
} as const satisfies Readonly<Record<string, ExceptionAction>>;

const actionHelp = `
Actions:
  assign      take it: --operator (default: the login name)
  match       the line belongs to an attempt: --attempt at_...; a difference of amounts is written off, as below
  write-off   give the amount up: --note; above the limit also --approver, a second person
  force-post  the network's word counts, the merchant gets or pays the amount: --note
  raise       asked the network: --note; stays open
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
    .description('one exception')
    .argument('<exception>', '"ex_..."')
    .option('--json', 'print JSON')
    .action(show);
  withConnectOptions(command.command('resolve'))
    .description('act on an exception; every action is kept and can be undone')
    .argument('<exception>', '"ex_..."')
    .argument('<action>', Object.keys(actions).join(' | '))
    .option('--attempt <id>', 'attempt, for match ("at_...")')
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

async function find(connection: Connection, id: string): Promise<SettlementException> {
  for await (const one of exceptions(connection, { fileId: '', openOnly: false })) {
    if (one.exceptionId === id) return one;
  }
  throw new Failure(`there is no exception ${id}`, 4);
}

async function show(id: string, options: ConnectOptions & { readonly json?: boolean }): Promise<void> {
  const connection = connect(options);
  try {
    print(await find(connection, id), options.json === true);
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
