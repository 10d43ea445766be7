// card-edge link list and watch: the gateway's connections to the networks, now and as they change.
import type { Command } from 'commander';
import type { LinkStatus } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type Connection, type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { callFailure } from '../failure.ts';
import { line, printJson, table, time, toJsonLine, word } from '../print.ts';

interface Options extends ConnectOptions {
  readonly network?: string;
  readonly json?: boolean;
}

const head = [
  'NETWORK',
  'LINK',
  'STATE',
  'SINCE',
  'IN FLIGHT',
  'SENT',
  'RECEIVED',
  'TIME-OUTS',
  'LATE',
  'UNMATCHED',
  'TWICE',
  'CAUSE',
];

function rowOf(one: LinkStatus): string[] {
  return [
    one.network,
    one.link,
    word(one.state),
    time(one.sinceUs),
    ...[one.inFlight, one.sent, one.received, one.timeouts, one.late, one.unmatched, one.duplicates].map(String),
    one.cause,
  ];
}

/** Adds `list` and `watch`. */
export function addListVerbs(link: Command): void {
  withConnectOptions(link.command('list', { isDefault: true }))
    .description('show each link: state, since when and why, counters since the gateway started')
    .option('--network <name>', 'one network')
    .option('--json', 'print JSON')
    .action(list);
  withConnectOptions(link.command('watch'))
    .description('print each change of a link until you stop it (Ctrl-C)')
    .option('--network <name>', 'one network')
    .option('--json', 'print one JSON object a line')
    .action(watch);
}

async function list(options: Options): Promise<void> {
  const connection = connect(options);
  try {
    const { links } = await unary(connection, connection.gateway(), 'listLinks', { network: options.network ?? '' });
    if (options.json === true) printJson(links);
    else table([head, ...links.map(rowOf)]);
  } finally {
    connection.close();
  }
}

async function watch(options: Options): Promise<void> {
  const connection = connect(options);
  try {
    const call = connection.gateway().watchLinks({ network: options.network ?? '' });
    call.on('data', (status: LinkStatus) => {
      if (options.json === true) line(toJsonLine(status));
      else line(`${time(status.sinceUs)}  ${status.network}/${status.link}  ${word(status.state)}  ${status.cause}`);
    });
    let stopped = false;
    process.once('SIGINT', () => {
      stopped = true;
      call.cancel();
    });
    await streamEnd(connection, call).catch((error: unknown) => {
      if (!stopped) throw error;
    });
  } finally {
    connection.close();
  }
}

interface EndingCall {
  on(event: 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Parameters<typeof callFailure>[0]) => void): unknown;
}

/** Resolves when a stream of the gateway ends; rejects with what to do when it fails. */
export function streamEnd(connection: Pick<Connection, 'address'>, call: EndingCall): Promise<void> {
  return new Promise((resolve, reject) => {
    call.on('end', resolve);
    call.on('error', (error) => reject(callFailure(error, connection.address)));
  });
}
