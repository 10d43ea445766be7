// card-edge routing: which network carries a card.
import { readFileSync } from 'node:fs';
import { Metadata } from '@grpc/grpc-js';
import { Command } from 'commander';
import { fileChunkBytesMax } from '../common/limits.ts';
import { parseMoney } from '../common/money.ts';
import type { LoadCardRangesResponse } from '../proto/gen/cardedge/core/v1/routing.ts';
import { type Connection, type ConnectOptions, connect, systemInfo, unary, withConnectOptions } from './connect.ts';
import { callFailure, Failure } from './failure.ts';
import { line, printJson, table, time, word } from './print.ts';

interface Options extends ConnectOptions {
  readonly json?: boolean;
  readonly merchant?: string;
}

const help = `
The file is CSV with the header from,to,network,currency,cost_basis_points,cost_fixed_minor; docs/routing.md explains it. Example:
  from,to,network,currency,cost_basis_points,cost_fixed_minor
  4,4,visa-like,,25,10
  41111111,41111111,simnet,EUR,0,5`;

/** The verb. */
export function routingCommand(): Command {
  const command = new Command('routing')
    .description('load and try the table of card ranges that chooses the network of a payment')
    .addHelpText('after', help);
  withConnectOptions(command.command('load'))
    .argument('<file>', 'CSV file of all ranges: it replaces the table in use, whole or not at all')
    .description('load a table; faults are told by line and column, and then nothing is loaded')
    .option('--json', 'print JSON')
    .action(load);
  withConnectOptions(command.command('show'))
    .description('the table in use')
    .option('--json', 'print JSON')
    .action(show);
  withConnectOptions(command.command('test'))
    .argument('<bin>', 'first 8 digits of the card')
    .argument('[amount]', 'amount, for the cost', '10.00')
    .argument('[currency]', 'currency', 'EUR')
    .description('the networks for a payment, best first')
    .option('--merchant <id>', 'merchant; without it the one of the demonstration')
    .option('--json', 'print JSON')
    .action(test);
  return command;
}

/** Runs a verb over a connection and closes it. */
async function connected(options: Options, run: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = connect(options);
  try {
    await run(connection);
  } finally {
    connection.close();
  }
}

function upload(connection: Connection, file: Buffer): Promise<LoadCardRangesResponse> {
  return new Promise((resolve, reject) => {
    const call = connection.routing.loadCardRanges(new Metadata(), {}, (error, response) => {
      if (error !== null) reject(callFailure(error, connection.address));
      else if (response === undefined) reject(new Failure('the answer was empty'));
      else resolve(response);
    });
    for (let at = 0; at < file.length; at += fileChunkBytesMax)
      call.write({ chunk: file.subarray(at, at + fileChunkBytesMax) });
    call.end();
  });
}

async function load(path: string, options: Options): Promise<void> {
  const file = readFileSync(path);
  await connected(options, async (connection) => {
    const { table: loaded, faults } = await upload(connection, file);
    if (options.json === true) printJson({ table: loaded, faults });
    else for (const fault of faults) line(`${path}:${fault.line}:${fault.column}: ${fault.text}`);
    if (faults.length > 0) throw new Failure(`nothing was loaded: ${faults.length} faults in ${path}`, 2);
    if (options.json !== true) line(`table ${loaded?.number ?? 0n} with ${loaded?.rows ?? 0} ranges is in use`);
  });
}

async function show(options: Options): Promise<void> {
  await connected(options, async (connection) => {
    const shown = (await unary(connection, connection.routing, 'showRouting', {})).table;
    if (options.json === true) printJson(shown);
    else if (shown === undefined || shown.number === 0n)
      line("no table is loaded: payments go by the merchants' order of networks");
    else
      line(
        `table ${shown.number}, ${shown.rows} ranges, loaded by ${shown.identity} at ${time(shown.atUs)}, sha256 ${shown.sha256}`,
      );
  });
}

async function test(bin: string, amount: string, currency: string, options: Options): Promise<void> {
  await connected(options, async (connection) => {
    const amountMinor = parseMoney(amount, currency);
    if (amountMinor === undefined) throw new Failure(`${amount} is not an amount of ${currency}`, 2);
    const request = {
      bin,
      currency,
      amountMinor,
      merchantId: options.merchant ?? systemInfo(options).demo.merchantId,
    };
    const { candidates } = await unary(connection, connection.routing, 'testRoute', request);
    if (options.json === true) printJson(candidates);
    else if (candidates.length === 0) line('no route: such a payment is refused with NO_ROUTE');
    else
      table([
        ['NETWORK', 'HEALTH', 'COST'],
        ...candidates.map(({ network, health, costMinor }) => [
          network,
          health === 'UNSPECIFIED' ? 'unknown' : word(health),
          costMinor === undefined ? '-' : `${costMinor} minor units`,
        ]),
      ]);
  });
}
