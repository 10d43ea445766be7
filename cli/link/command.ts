// card-edge link: the gateway's connections to the networks. Each order to a link leaves an audit line in the gateway's log.
import { Command } from 'commander';
import type { LinkAction } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type ConnectOptions, connect, unary, withConnectOptions } from '../connect.ts';
import { line, printJson, word } from '../print.ts';
import { addListVerbs } from './list.ts';
import { addTraceVerb } from './trace.ts';

interface Options extends ConnectOptions {
  readonly network: string;
  readonly json?: boolean;
}

const orders: ReadonlyArray<readonly [name: string, action: LinkAction, about: string]> = [
  [
    'echo',
    'ECHO',
    'ask the network whether it is there; a link whose echo stays unanswered is closed and connects again',
  ],
  ['signon', 'SIGN_ON', 'connect a link that was drained, and sign on'],
  [
    'signoff',
    'SIGN_OFF',
    'take no new messages, wait for those in flight, sign off and close; it stays down until signon',
  ],
  ['drain', 'DRAIN', 'the same as signoff: use it before work on the network or on this machine'],
  [
    'rotate',
    'KEY_EXCHANGE',
    'exchange the working keys with the network: once for all its links, the keys before stay good for the overlap',
  ],
];

const examples = `
Examples:
  card-edge link list                        state and counters of every link
  card-edge link trace simnet-1 --follow     its messages as they go by, masked
  card-edge link trace --pcap all.pcapng     what the gateway remembers, for Wireshark
  card-edge link drain simnet-1              before work on that link; then: card-edge link signon simnet-1`;

/** The verb. */
export function linkCommand(): Command {
  const link = new Command('link')
    .alias('links')
    .description('see, trace and control the connections to the networks')
    .addHelpText('after', examples);
  addListVerbs(link);
  addTraceVerb(link);
  for (const [name, action, about] of orders) {
    withConnectOptions(link.command(name))
      .argument('[link]', 'one link; all of the network without it')
      .description(about)
      .option('--network <name>', 'network of the link', 'simnet')
      .option('--json', 'print the state afterwards as JSON')
      .action((name_: string | undefined, options: Options) => order(name_ ?? '', action, options));
  }
  return link;
}

async function order(link: string, action: LinkAction, options: Options): Promise<void> {
  const connection = connect(options);
  try {
    const status = await unary(connection, connection.gateway(), 'controlLink', {
      network: options.network,
      link,
      action,
    });
    if (options.json === true) printJson(status);
    else if (action === 'KEY_EXCHANGE') line(`${status.network}: working keys exchanged`);
    else line(`${status.network}/${status.link}: ${word(status.state)} (${status.cause})`);
  } finally {
    connection.close();
  }
}
