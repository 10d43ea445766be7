// card-edge link trace: the last messages of a link, masked, on the screen or as a capture file.
import { createWriteStream } from 'node:fs';
import type { Command } from 'commander';
import { type Dialect, loadDialect, scrubPans } from '../../acquirer-gateway/iso8583/index.ts';
import { CaptureWriter, captureHead } from '../../acquirer-gateway/link/pcapng.ts';
import type { TraceRecord } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type ConnectOptions, connect, withConnectOptions } from '../connect.ts';
import { line, time, toJsonLine } from '../print.ts';
import { streamEnd } from './list.ts';

interface Options extends ConnectOptions {
  readonly network?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly full?: boolean;
  readonly pcap?: string;
}

/** Adds `trace`. */
export function addTraceVerb(link: Command): void {
  withConnectOptions(link.command('trace'))
    .argument('[link]', 'one link; all without it')
    .description('print the last messages of links, masked: what the gateway remembers')
    .option('--network <name>', 'one network')
    .option('--follow', 'go on with what comes, until you stop it (Ctrl-C)')
    .option('--full', 'every field of each message')
    .option('--pcap <file>', 'write a capture file instead (pcapng; Wireshark: DLT_USER, User 0, payload iso8583)')
    .option('--json', 'print one JSON object a line')
    .action(trace);
}

const dialects = new Map<string, Dialect | undefined>();

function dialectOf(name: string): Dialect | undefined {
  if (!dialects.has(name)) {
    try {
      dialects.set(name, loadDialect(name));
    } catch {
      dialects.set(name, undefined); // a dialect that the gateway has and this program does not
    }
  }
  return dialects.get(name);
}

/** A record as lines: the fields by which payments are found, or all of them. */
function linesOf(record: TraceRecord, full: boolean): string[] {
  const arrow = record.direction === 'SENT' ? '->' : '<-';
  const place = `${time(record.atUs)}  ${record.network}/${record.link} ${arrow}`;
  const lines = record.leftOut === 0 ? [] : [`(${record.leftOut} messages left out: this program read too slowly)`];
  const read = dialectOf(record.dialect)?.unpack(record.message, { mode: 'lenient' });
  if (read?.ok !== true) return [...lines, `${place} ${record.length} bytes that could not be read: hidden`];
  const { message } = read;
  const named = [
    ['stan', '11'],
    ['rrn', '37'],
    ['terminal', '41'],
    ['amount', '4'],
    ['code', '39'],
    ['function', '70'],
  ].flatMap(([name, de]) => {
    const value = message.get(de as string)?.trim();
    return value === undefined || value === '' ? [] : [`${name} ${value}`];
  });
  lines.push(`${place} ${message.mti}  ${named.join('  ')}  (${record.length} bytes)`);
  if (full) lines.push(dialectOf(record.dialect)?.describe(message) ?? '', '');
  return lines;
}

async function trace(link: string | undefined, options: Options): Promise<void> {
  const connection = connect(options);
  const file = options.pcap === undefined ? undefined : createWriteStream(options.pcap, { mode: 0o600 });
  const writer = new CaptureWriter();
  let count = 0;
  try {
    const { network = '', follow = false } = options;
    const call = connection.gateway().traceLinks({ network, link: link ?? '', follow });
    call.on('data', (record: TraceRecord) => {
      count += 1;
      if (file !== undefined) {
        file.write(writer.packet({ ...record, direction: record.direction === 'SENT' ? 'sent' : 'received' }));
      } else if (options.json === true) {
        line(toJsonLine(record));
      } else {
        for (const text of linesOf(record, options.full === true)) line(scrubPans(text));
      }
    });
    process.once('SIGINT', () => call.cancel());
    await streamEnd(connection, call).catch((error: unknown) => {
      if (!follow) throw error;
    });
    if (file !== undefined) {
      if (count === 0) file.write(captureHead());
      await new Promise<void>((resolve) => file.end(() => resolve()));
      line(`${count} messages in ${options.pcap}`);
    }
  } finally {
    connection.close();
  }
}
