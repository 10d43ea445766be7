// card-edge links: the gateway's connections to the networks.
import { Command } from 'commander';
import { ListLinksRequest } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type ConnectOptions, connect, unary, withConnectOptions } from './connect.ts';
import { printJson, table, time, word } from './print.ts';

/** The verb. */
export function linksCommand(): Command {
  return withConnectOptions(new Command('links'))
    .description('show the connections to the networks: state, cause, counters')
    .option('--network <name>', 'one network')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(options: ConnectOptions & { readonly network?: string; readonly json?: boolean }): Promise<void> {
  const connection = connect(options);
  try {
    const gateway = connection.gateway();
    const request = ListLinksRequest.create({ network: options.network ?? '' });
    const { links } = await unary(connection, gateway, 'listLinks', request);
    if (options.json === true) {
      printJson(links);
      return;
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
    const rows = links.map((one) => [
      one.network,
      one.link,
      word(one.state),
      time(one.sinceUs),
      ...[one.inFlight, one.sent, one.received, one.timeouts, one.late, one.unmatched, one.duplicates].map(String),
      one.cause,
    ]);
    table([head, ...rows]);
  } finally {
    connection.close();
  }
}
