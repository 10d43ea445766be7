// Sends a file to the core in pieces, with a bar for people who watch.
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { LoadFileRequest, type SettlementFile } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import type { Connection } from '../connect.ts';
import { callFailure, Failure } from '../failure.ts';

/** Bytes of a piece: a quarter of what the contract allows keeps the bar moving and the memory small. */
const pieceBytes = 256 * 1024;

/** How long the core may take for one file, milliseconds: ten million lines take minutes. */
const loadTimeoutMs = 3_600_000;

/** Loads one file. `bar` is told the share that was sent, 0 to 1. */
export async function uploadFile(
  connection: Connection,
  path: string,
  options: { readonly network: string; readonly dryRun: boolean; readonly mapping: string; readonly currency: string },
  bar: (share: number) => void,
): Promise<SettlementFile> {
  const size = sizeOf(path);
  const answer = answerOf(connection);
  const { call } = answer;
  const send = async (part: LoadFileRequest['part']): Promise<void> => {
    if (call.write(LoadFileRequest.create({ part }))) return;
    await new Promise<void>((resolve) => {
      call.once('drain', resolve);
      call.once('close', resolve);
      call.once('error', () => resolve());
    });
  };
  const header = {
    fileName: basename(path),
    network: options.network,
    dryRun: options.dryRun,
    mapping: options.mapping,
    currency: options.currency,
  };
  await send({ case: 'header', value: header });
  let sent = 0;
  for await (const piece of createReadStream(path, { highWaterMark: pieceBytes }) as AsyncIterable<Buffer>) {
    if (answer.ended()) break;
    await send({ case: 'chunk', value: piece });
    sent += piece.length;
    bar(size === 0 ? 1 : Math.min(1, sent / size));
  }
  call.end();
  return await answer.result;
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    throw new Failure(`${path} cannot be read`, 2);
  }
}

function answerOf(connection: Connection) {
  let ended = false;
  let resolve: (file: SettlementFile) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const result = new Promise<SettlementFile>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // The answer may be a refusal that comes while pieces are still being sent; it is awaited after them.
  result.catch(() => {});
  const call = connection.settlement.loadFile(
    new Metadata(),
    { deadline: Date.now() + loadTimeoutMs },
    (error, file) => {
      ended = true;
      if (error !== null) reject(callFailure(error, connection.address));
      else if (file === undefined) reject(new Failure('the answer was empty'));
      else resolve(file);
    },
  );
  return { call, result, ended: () => ended };
}

/** A bar on standard error, when that is a terminal. */
export function progressBar(name: string): { readonly to: (share: number) => void; readonly done: () => void } {
  if (!process.stderr.isTTY) return { to: () => {}, done: () => {} };
  let shown = -1;
  return {
    to: (share) => {
      const percent = Math.trunc(share * 100);
      if (percent === shown) return;
      shown = percent;
      const full = Math.round(share * 30);
      const text = share < 1 ? `${percent}%` : 'sent; the core checks and matches';
      process.stderr.write(`\r\x1b[K${name} [${'#'.repeat(full)}${'.'.repeat(30 - full)}] ${text}`);
    },
    done: () => process.stderr.write('\r\x1b[K'),
  };
}
