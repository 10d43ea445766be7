// Loads one settlement file: once only, whole or not at all. Everything happens in one transaction on temporary tables until the
// file's own totals agree, so a load that dies leaves nothing and is simply done again.
import { createHash } from 'node:crypto';
import type { ClientBase, Pool } from 'pg';
import type { Clock } from '../../../common/clock.ts';
import { Fault } from '../../../common/errors.ts';
import { newId } from '../../../common/ids.ts';
import { fileChunkBytesMax, settlementFileBytesMax } from '../../../common/limits.ts';
import { bankNetwork, bookStatements } from '../bank/book.ts';
import { moveDisputes } from '../disputes/move.ts';
import { Camt053Reader } from '../formats/camt053/reader.ts';
import { detectFormat, detectionBytes, type Format, formats, mappedFormat } from '../formats/detect.ts';
import { MappingError } from '../formats/mapped/mapping.ts';
import { Problems } from '../formats/problems.ts';
import { type ClearingRecord, emptySummary, type FileReader, type FileSummary } from '../formats/record.ts';
import { takeOut, takeSettlementLock } from '../lock.ts';
import { createTables } from '../match/candidates.ts';
import { matchFile } from '../match/run.ts';
import { findLoaded, type KnownFile, keepQuarantined, keepTotals, postFile } from './keep.ts';
import { type FingerprintPans, stageRecords } from './stage.ts';

/** What is to be loaded. */
export interface LoadInput {
  /** Name for people, without folders. */
  readonly fileName: string;
  /** Network it must be of; '' takes it from the file. */
  readonly network: string;
  /** Check and match, keep nothing. */
  readonly dryRun: boolean;
  /** Text of a mapping file, for any CSV; '' or absent: the format is detected. */
  readonly mapping?: string;
  /** Currency of a format that names none, ISO 4217 alphabetic; '' or absent: not given. */
  readonly currency?: string;
  /** The bytes, in pieces of any length. */
  readonly pieces: AsyncIterable<Buffer>;
  /** True once the sender has gone away: then what came is a piece of a file, and nothing is kept of it. */
  readonly calledOff?: () => boolean;
}

/** What a load needs. */
export interface LoadDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Without it, files with clear card numbers are stored with masked ones only. */
  readonly fingerprintPans?: FingerprintPans | undefined;
}

/** What became of a file. */
export interface LoadResult {
  readonly state: 'LOADED' | 'QUARANTINED' | 'ALREADY_LOADED' | 'DRY_RUN';
  /** Undefined when nothing was kept. */
  readonly fileId: Buffer | undefined;
  readonly format: string;
  readonly network: string;
  readonly sha256: Buffer;
  readonly summary: FileSummary;
  readonly problems: readonly string[];
  readonly matched: number;
  readonly exceptions: number;
}

/** How long a load waits for another one, milliseconds. */
const lockWaitMs = 60_000;

/** A file that was read to its end. */
interface Arrived {
  readonly format: Format | undefined;
  readonly reader: FileReader | undefined;
  readonly sha256: Buffer;
  readonly bytes: number;
}

/** Loads a file. Throws Fault when nothing could be decided (database away, another load in the way). */
export async function loadFile(input: LoadInput, deps: LoadDeps): Promise<LoadResult> {
  const { client, release } = await takeOut(deps.pool);
  let broken = false;
  try {
    await client.query('begin');
    await createTables(client);
    const fileId = newId(deps.clock);
    const arrived = await receive(client, input, deps);
    const result = await decide(client, input, deps, fileId, arrived);
    await client.query(result.state === 'LOADED' || result.state === 'QUARANTINED' ? 'commit' : 'rollback');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    release(broken);
  }
}

/** Reads and stages all pieces. After the first problem nothing more is staged, but all is read, to find every problem. */
async function receive(client: ClientBase, input: LoadInput, deps: LoadDeps): Promise<Arrived> {
  const given = mappingOf(input);
  const hash = createHash('sha256');
  let bytes = 0;
  let part = 0;
  let head: Buffer = Buffer.alloc(0);
  let format: Format | undefined;
  let reader: FileReader | undefined;
  let detected = false;
  await client.query(
    'create temporary table part (part_number integer not null, content bytea not null) on commit drop',
  );
  // The database takes one piece while the next is read: one deep, so that a file of any length holds two pieces of memory.
  let staged: Promise<void> = Promise.resolve();
  const stage = async (records: readonly ClearingRecord[], piece: Buffer): Promise<void> => {
    await stageRecords(client, records, deps.fingerprintPans);
    if (format?.holdsPans === true || input.dryRun || piece.length === 0) return;
    part += 1;
    await client.query('insert into part (part_number, content) values ($1, $2)', [part, piece]);
  };
  const take = async (piece: Buffer): Promise<void> => {
    if (reader === undefined) return;
    const records = reader.push(piece);
    await staged;
    if (reader.problems.count > 0) return;
    staged = stage(records, piece);
    // Awaited before the next piece; until then a failure is nobody's, and Node would end the process for it.
    staged.catch(() => {});
  };
  const detect = async (): Promise<void> => {
    detected = true;
    format = given ?? detectFormat(head);
    reader = format?.open(head, input.currency);
    await take(head);
  };
  for await (const next of input.pieces) {
    hash.update(next);
    bytes += next.length;
    if (bytes > settlementFileBytesMax) {
      throw new Fault('INVALID_ARGUMENT', `the file is longer than ${settlementFileBytesMax} bytes`);
    }
    if (detected) {
      for (let at = 0; at < next.length; at += fileChunkBytesMax) await take(next.subarray(at, at + fileChunkBytesMax));
      continue;
    }
    head = Buffer.concat([head, next]);
    if (head.length >= detectionBytes) await detect();
  }
  if (!detected) await detect();
  await staged;
  if (reader !== undefined) {
    const last = (reader as FileReader).end();
    if ((reader as FileReader).problems.count === 0) await stage(last, Buffer.alloc(0));
  }
  return { format, reader, sha256: hash.digest(), bytes };
}

/** What is to be done with a file that has arrived. */
async function decide(
  client: ClientBase,
  input: LoadInput,
  deps: LoadDeps,
  fileId: Buffer,
  arrived: Arrived,
): Promise<LoadResult> {
  await takeSettlementLock(client, lockWaitMs);
  // A sender that goes away ends the stream as one that is done does; that it went away is known a moment later, and by now.
  if (input.calledOff?.() === true) throw new Fault('INVALID_ARGUMENT', 'the upload was called off');
  const { format, reader, sha256 } = arrived;
  const known = await findLoaded(client, sha256);
  if (known !== undefined) return alreadyLoaded(known, sha256);
  const summary = reader?.summary ?? emptySummary();
  const network = format?.isStatement === true ? bankNetwork : summary.network !== '' ? summary.network : input.network;
  const problems = reader?.problems ?? unknownFormat(arrived.bytes);
  await checkAgainstOthers(client, input, network, summary, problems);
  const base = { format: format?.name ?? '', network, sha256, summary };
  if (problems.count > 0) {
    const texts = problems.describe(input.fileName);
    const failed = { ...base, state: 'QUARANTINED', problems: texts, matched: 0, exceptions: 0 } as const;
    if (input.dryRun) return { ...failed, fileId: undefined };
    const kept = await keepQuarantined(
      client,
      { ...failed, fileId, fileName: input.fileName, bytes: arrived.bytes },
      deps.clock,
    );
    return { ...failed, fileId: kept };
  }
  const nowUs = deps.clock.nowUs();
  const originalKept = format?.holdsPans === false && !input.dryRun;
  await keepTotals(client, { ...base, fileId, fileName: input.fileName, bytes: arrived.bytes, originalKept, nowUs });
  const counts =
    reader instanceof Camt053Reader
      ? await bookStatements(client, deps.clock, fileId, reader.statements)
      : await matchLines(client, deps.clock, network, fileId, nowUs);
  const state = input.dryRun ? 'DRY_RUN' : 'LOADED';
  return { ...base, state, fileId: input.dryRun ? undefined : fileId, problems: [], ...counts };
}

async function matchLines(
  client: ClientBase,
  clock: Clock,
  network: string,
  fileId: Buffer,
  nowUs: bigint,
): Promise<{ matched: number; exceptions: number }> {
  await matchFile(client, network, fileId, nowUs);
  await moveDisputes(client, clock, network, fileId);
  return await postFile(client, fileId, network, nowUs);
}

/** The format that the caller gave by a mapping. */
function mappingOf(input: LoadInput): Format | undefined {
  if (input.mapping === undefined || input.mapping === '') return undefined;
  try {
    return mappedFormat(input.mapping);
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    throw new Fault('INVALID_ARGUMENT', error.message, {
      violations: [{ field: 'mapping', description: error.message }],
    });
  }
}

function unknownFormat(bytes: number): Problems {
  const problems = new Problems();
  const known = formats.map((one) => one.name).join(', ');
  problems.add(0, 0, '', bytes === 0 ? 'the file is empty' : `is none of the known formats (${known})`);
  return problems;
}

/** What only the store and the caller know: the network that was meant, and the network's own name for the file. */
async function checkAgainstOthers(
  client: ClientBase,
  input: LoadInput,
  network: string,
  summary: FileSummary,
  problems: Problems,
): Promise<void> {
  if (problems.count > 0) return;
  if (network === '')
    problems.add(0, -1, 'network', 'the file does not name its network: give it with the load (--network)');
  else if (input.network !== '' && input.network !== network) {
    problems.add(0, -1, 'network', `the file is of ${network}, not of ${input.network}`);
  }
  if (summary.schemeFileId === '') return;
  const other = await client.query<{ file_name: string }>(
    'select file_name from settlement_file where network = $1 and scheme_file_id = $2 and state = 1',
    [network, summary.schemeFileId],
  );
  const before = other.rows[0];
  if (before === undefined) return;
  problems.add(
    0,
    -1,
    'file id',
    `${summary.schemeFileId} was loaded before with other content, as ${before.file_name}`,
  );
}

function alreadyLoaded(known: KnownFile, sha256: Buffer): LoadResult {
  const summary = { ...emptySummary(), ...known.summary };
  return { ...known, state: 'ALREADY_LOADED', sha256, summary, problems: [] };
}
