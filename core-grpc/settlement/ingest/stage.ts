// Puts lines into the temporary table `work` by COPY: one COPY per piece of the file, so that back-pressure is an await.
import { finished } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { RecordKindNumber } from '../../../proto/gen/cardedge/core/v1/settlement.ts';
import type { ClearingRecord } from '../formats/record.ts';
import { lineNames } from '../match/candidates.ts';

/** Fingerprints of clear card numbers, keyed in the HSM; same order. */
export type FingerprintPans = (pans: readonly string[]) => Promise<readonly Buffer[]>;

// The text format of COPY: tab, line feed and backslash are escaped; NUL cannot be stored and shows as the replacement character.
const special = /[\\\t\n\r\0]/;
const specials = /[\\\t\n\r\0]/g;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\ufffd',
};

function cell(text: string): string {
  return special.test(text) ? text.replace(specials, (c) => escapes[c] as string) : text;
}

/** One line in the text format of COPY; columns as in lineColumns. */
function row(r: ClearingRecord, fingerprint: Buffer | undefined): string {
  const print = fingerprint === undefined ? '\\N' : `\\\\x${fingerprint.toString('hex')}`;
  return (
    `${r.recordNumber}\t${RecordKindNumber[r.kind]}\t${r.amountMinor}\t${r.currency}\t${r.netSign}\t${cell(r.maskedPan)}\t${print}\t` +
    `${cell(r.rrn)}\t${cell(r.stan)}\t${cell(r.transmissionTime)}\t${r.made.fromMs}000\t${r.made.toMs}000\t${cell(r.terminalId)}\t` +
    `${cell(r.acceptorId)}\t${cell(r.authorizationCode)}\t${cell(r.networkReference)}\t${cell(r.arn)}\t${cell(r.originalType)}\t` +
    `${cell(r.reasonCode)}\t${cell(r.service)}\t${r.interchangeMinor}\n`
  );
}

/** Stages lines. Clear card numbers become fingerprints here and go no further. */
export async function stageRecords(
  client: ClientBase,
  records: readonly ClearingRecord[],
  fingerprintPans: FingerprintPans | undefined,
): Promise<void> {
  if (records.length === 0) return;
  const prints = await fingerprintsOf(records, fingerprintPans);
  let text = '';
  for (const [i, record] of records.entries()) text += row(record, prints?.[i]);
  const stream = client.query(copyFrom(`copy work (${lineNames.join(', ')}) from stdin`));
  stream.end(text);
  await finished(stream);
}

async function fingerprintsOf(
  records: readonly ClearingRecord[],
  fingerprintPans: FingerprintPans | undefined,
): Promise<Array<Buffer | undefined> | undefined> {
  if (fingerprintPans === undefined) return undefined;
  const pans = [...new Set(records.filter((r) => r.pan !== '').map((r) => r.pan))];
  if (pans.length === 0) return undefined;
  const prints = await fingerprintPans(pans);
  const byPan = new Map(pans.map((pan, i) => [pan, prints[i]]));
  return records.map((r) => byPan.get(r.pan));
}
