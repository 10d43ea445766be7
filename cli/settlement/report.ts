// card-edge settlement report: a day's files, and proof that their net is what matched and what did not.
import { Command, Option } from 'commander';
import { formatMoney } from '../../common/money.ts';
import type { SettlementException, SettlementFile } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { type Connection, type ConnectOptions, connect, withConnectOptions } from '../connect.ts';
import { Failure } from '../failure.ts';
import { line, printJson, time } from '../print.ts';
import { exceptions, files } from './pages.ts';
import { exitCodes, exitHelp, reasonOf } from './show.ts';

/** One currency of one file. */
export interface ReportRow {
  readonly file: string;
  readonly fileId: string;
  readonly network: string;
  readonly currency: string;
  /** Net of the file as its lines say. */
  readonly netMinor: bigint;
  /** Of that, lines that matched or were settled by a person. */
  readonly matchedMinor: bigint;
  /** Of that, lines whose exception is open. */
  readonly openMinor: bigint;
}

/** A day. */
export interface Report {
  readonly date: string;
  readonly files: readonly SettlementFile[];
  readonly rows: readonly ReportRow[];
  readonly open: readonly SettlementException[];
}

/** The verb. */
export function reportCommand(): Command {
  return withConnectOptions(new Command('report'))
    .description('the files loaded on a day, their nets, and what is open')
    .option('--date <YYYY-MM-DD>', 'day on which they were loaded, UTC (default: today)')
    .addOption(
      new Option('--format <form>', 'how to write it').default('text').choices(['text', 'csv', 'json', 'html']),
    )
    .addHelpText('after', exitHelp)
    .action(run);
}

async function run(options: ConnectOptions & { readonly date?: string; readonly format: string }): Promise<void> {
  const date = options.date ?? new Date().toISOString().slice(0, 10);
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new Failure('--date must be YYYY-MM-DD', 2);
  const connection = connect(options);
  try {
    const report = await collect(connection, date);
    if (options.format === 'json') printJson(report);
    else for (const text of writers[options.format as keyof typeof writers](report)) line(text);
    if (report.open.length > 0) process.exitCode = exitCodes.exceptions;
  } finally {
    connection.close();
  }
}

async function collect(connection: Connection, date: string): Promise<Report> {
  const ofDay: SettlementFile[] = [];
  for await (const file of files(connection)) {
    const loaded = time(file.loadedAtUs).slice(0, 10);
    if (loaded < date) break;
    if (loaded === date) ofDay.push(file);
  }
  const open: SettlementException[] = [];
  const rows: ReportRow[] = [];
  for (const file of ofDay) {
    const unsettled = new Map<string, bigint>();
    for await (const one of exceptions(connection, { fileId: file.fileId, openOnly: true })) {
      open.push(one);
      const { currency, amountMinor } = one.amount ?? { currency: '', amountMinor: 0n };
      unsettled.set(currency, (unsettled.get(currency) ?? 0n) + amountMinor);
    }
    for (const { currency, amountMinor } of file.net) {
      const openMinor = unsettled.get(currency) ?? 0n;
      rows.push({
        file: file.fileName,
        fileId: file.fileId,
        network: file.network,
        currency,
        netMinor: amountMinor,
        matchedMinor: amountMinor - openMinor,
        openMinor,
      });
    }
  }
  return { date, files: ofDay, rows, open };
}

const writers = {
  text: (report: Report): string[] => [
    `Settlement of ${report.date}: ${report.files.length} files, ${report.open.length} open exceptions`,
    ...report.files.map((file) =>
      file.state === 'QUARANTINED'
        ? `  ${file.fileName}: quarantined, nothing of it was applied (card-edge settlement show ${file.fileId})`
        : `  ${file.fileName} (${file.network}): ${file.records} lines = ${file.matched} matched + ${file.exceptions} exceptions`,
    ),
    ...report.rows.map(
      (row) =>
        `  ${row.file}: net ${formatMoney(row.netMinor, row.currency)} = settled ${formatMoney(row.matchedMinor, row.currency)} + open ${formatMoney(row.openMinor, row.currency)}`,
    ),
    ...report.open.map(
      (one) =>
        `  open ${one.exceptionId}: ${reasonOf(one)}, ${formatMoney(one.amount?.amountMinor ?? 0n, one.amount?.currency ?? '')}, line ${one.recordNumber}`,
    ),
  ],
  csv: (report: Report): string[] => [
    'file,file_id,network,currency,net_minor,settled_minor,open_minor',
    ...report.rows.map((row) =>
      [quoted(row.file), row.fileId, row.network, row.currency, row.netMinor, row.matchedMinor, row.openMinor].join(
        ',',
      ),
    ),
  ],
  html: (report: Report): string[] => [
    '<!doctype html><meta charset="utf-8"><title>Settlement</title>',
    `<h1>Settlement of ${escaped(report.date)}</h1><p>${report.files.length} files, ${report.open.length} open exceptions</p>`,
    '<table border="1"><tr><th>File</th><th>Network</th><th>Net</th><th>Settled</th><th>Open</th></tr>',
    ...report.rows.map(
      (row) =>
        `<tr><td>${escaped(row.file)}</td><td>${escaped(row.network)}</td><td>${formatMoney(row.netMinor, row.currency)}</td><td>${formatMoney(row.matchedMinor, row.currency)}</td><td>${formatMoney(row.openMinor, row.currency)}</td></tr>`,
    ),
    '</table>',
    ...report.open.map(
      (one) => `<p>${escaped(one.exceptionId)}: ${escaped(reasonOf(one))}. ${escaped(one.suggestion)}</p>`,
    ),
  ],
};

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
