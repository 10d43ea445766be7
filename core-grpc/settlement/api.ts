// SettlementService: decodes, calls, answers. All that is decided is decided elsewhere.
import type { ServerReadableStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import type { Pool } from 'pg';
import type { Clock } from '../../common/clock.ts';
import { Fault } from '../../common/errors.ts';
import { formatId } from '../../common/ids.ts';
import { fileChunkBytesMax } from '../../common/limits.ts';
import type { Log } from '../../common/log.ts';
import {
  type LoadFileHeader,
  type LoadFileRequest,
  SettlementFile,
  type SettlementService,
} from '../../proto/gen/cardedge/core/v1/settlement.ts';
import type { ServiceHandlers } from '../../proto/service.ts';
import { actOnException } from './apply/actions.ts';
import { openContradicted } from './apply/contradicted.ts';
import { openMissing } from './apply/missing.ts';
import { type ConcludeByClearing, resolveCleared } from './apply/resolve.ts';
import { bankNetwork } from './bank/book.ts';
import { listBankEntries } from './bank/lists.ts';
import { endWindows, resolveDispute } from './disputes/decide.ts';
import { listDisputes } from './disputes/lists.ts';
import { type AloneOnIntent, showDisputes } from './disputes/show.ts';
import { type LoadResult, loadFile } from './ingest/load.ts';
import type { FingerprintPans } from './ingest/stage.ts';
import { listPayoutLines, listPayouts } from './payouts/lists.ts';
import { createPayouts } from './payouts/make.ts';
import { type CompareDeps, compareNow, compareSweep } from './reconcile/compare.ts';
import { listComparisons } from './reconcile/lists.ts';
import { checkLedger, listBalances } from './report/books.ts';
import { listExpected } from './report/expected.ts';
import { givenId } from './report/given.ts';
import { getException } from './report/history.ts';
import { getFile, listExceptions, listFiles, listRecords } from './report/lists.ts';
import { listPositions } from './report/positions.ts';
import { networkTotals } from './report/totals.ts';

/** What settlement needs of the core. */
export interface SettlementDeps extends Pick<CompareDeps, 'totals'> {
  /** Connections of settlement's own, at least 2: a load holds one for its whole transaction, which no statement time-out may end. */
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** Concludes an attempt by the event `clearing_found`. */
  readonly conclude: ConcludeByClearing;
  /** Keeps other operations of this process off an intent meanwhile. */
  readonly aloneOnIntent: AloneOnIntent;
  /** Fingerprints of clear card numbers under the HSM key of the vault. */
  readonly fingerprintPans?: FingerprintPans | undefined;
  /** An error as grpc-js sends it, with the Error message in the trailer. */
  readonly toGrpc: (error: unknown) => Parameters<sendUnaryData<never>>[0];
}

/** The service, to be mounted by the core: `server.addService(SettlementService, settlementHandlers(deps))`. */
export function settlementHandlers(deps: SettlementDeps): ServiceHandlers<typeof SettlementService> {
  const { pool, clock } = deps;
  function unary<Request, Response>(run: (request: Request) => Promise<Response>) {
    return (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>): void => {
      run(call.request).then(
        (response) => done(null, response),
        (error: unknown) => done(deps.toGrpc(error)),
      );
    };
  }
  return {
    loadFile: (
      call: ServerReadableStream<LoadFileRequest, SettlementFile>,
      done: sendUnaryData<SettlementFile>,
    ): void => {
      load(call, deps).then(
        (file) => done(null, file),
        (error: unknown) => done(deps.toGrpc(error)),
      );
    },
    getFile: unary(async (request) => await getFile(pool, givenId('file', request.fileId, 'file_id'))),
    listFiles: unary(async (request) => await listFiles(pool, request)),
    listRecords: unary(async (request) => await listRecords(pool, request)),
    getException: unary(
      async (request) => await getException(pool, givenId('exception', request.exceptionId, 'exception_id')),
    ),
    listExceptions: unary(async (request) => await listExceptions(pool, request)),
    resolveException: unary(async (request) => {
      const exception = await actOnException(pool, clock, request);
      if (request.action === 'MATCH') await resolveCleared(pool, deps.conclude, deps.log);
      return exception;
    }),
    listExpected: unary(async (request) => await listExpected(pool, request, clock.nowUs())),
    listBalances: unary(async (request) => {
      const merchant = request.merchantId === '' ? undefined : givenId('merchant', request.merchantId, 'merchant_id');
      const { beforeUs, byNetwork } = request;
      return await listBalances(pool, { merchantId: merchant, beforeUs, byNetwork });
    }),
    checkLedger: unary(async () => await checkLedger(pool)),
    listDisputes: unary(async (request) => await listDisputes(pool, request)),
    resolveDispute: unary(async (request) => {
      const dispute = await resolveDispute(pool, clock, givenId('dispute', request.disputeId, 'dispute_id'), request);
      await showDisputes(pool, deps.aloneOnIntent, clock.nowUs());
      return dispute;
    }),
    listPositions: unary(async (request) => await listPositions(pool, givenId('file', request.fileId, 'file_id'))),
    createPayouts: unary(async (request) => ({ payouts: await createPayouts(pool, clock, request) })),
    listPayouts: unary(async (request) => await listPayouts(pool, request)),
    listPayoutLines: unary(async (request) => await listPayoutLines(pool, request)),
    listBankEntries: unary(async (request) => await listBankEntries(pool, givenId('file', request.fileId, 'file_id'))),
    getNetworkTotals: unary(async (request) => await networkTotals(pool, request.network, request.settlementDate)),
    compareTotals: unary(async (request) => ({ comparisons: await compareNow(deps, request) })),
    listComparisons: unary(async (request) => await listComparisons(pool, request)),
  };
}

/** Reads the stream's header, then gives its chunks to the loader. */
async function load(
  call: ServerReadableStream<LoadFileRequest, SettlementFile>,
  deps: SettlementDeps,
): Promise<SettlementFile> {
  const messages = (call as AsyncIterable<LoadFileRequest>)[Symbol.asyncIterator]();
  const first = await messages.next();
  const part = first.done === true ? undefined : first.value.part;
  if (part?.case !== 'header') throw badStream('header', 'must come first');
  const header = part.value;
  const result = await loadFile(
    {
      fileName: nameOf(header),
      network: header.network,
      dryRun: header.dryRun,
      mapping: header.mapping,
      currency: header.currency,
      pieces: chunks(messages),
      calledOff: () => call.cancelled,
    },
    deps,
  );
  const resolved = await afterLoad(result, deps);
  return await describe(result, header, resolved, deps);
}

async function* chunks(messages: AsyncIterator<LoadFileRequest>): AsyncGenerator<Buffer> {
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    const part = next.value.part;
    if (part?.case !== 'chunk') throw badStream('part', 'must be a chunk after the header');
    if (part.value.length > fileChunkBytesMax) throw badStream('chunk', `must be at most ${fileChunkBytesMax} bytes`);
    yield part.value;
  }
}

/** What follows from a load. Committed apart from it, and found again by any later run if this one is cut off. */
async function afterLoad(result: LoadResult, deps: SettlementDeps): Promise<number> {
  if (result.state !== 'LOADED' && result.state !== 'ALREADY_LOADED') return 0;
  const resolved = await resolveCleared(deps.pool, deps.conclude, deps.log);
  await openContradicted(deps.pool, deps.clock.nowUs());
  if (result.network !== bankNetwork) await openMissing(deps.pool, result.network, deps.clock.nowUs());
  await showDisputes(deps.pool, deps.aloneOnIntent, deps.clock.nowUs());
  return resolved;
}

async function describe(
  result: LoadResult,
  header: LoadFileHeader,
  resolved: number,
  deps: SettlementDeps,
): Promise<SettlementFile> {
  if (result.fileId !== undefined && result.state !== 'QUARANTINED') {
    const file = await getFile(deps.pool, result.fileId);
    return { ...file, state: result.state };
  }
  return SettlementFile.create({
    fileId: result.fileId === undefined ? '' : formatId('file', result.fileId),
    fileName: nameOf(header),
    network: result.network,
    format: result.format,
    state: result.state,
    sha256: result.sha256.toString('hex'),
    schemeFileId: result.summary.schemeFileId,
    records: result.summary.records,
    matched: result.matched,
    exceptions: result.exceptions,
    net: [...result.summary.net].map(([currency, amountMinor]) => ({ currency, amountMinor })),
    problems: [...result.problems],
    resolved,
  });
}

/** The name without folders, as the contract asks; what a caller sends is not trusted with it. */
function nameOf(header: LoadFileHeader): string {
  const name = header.fileName.slice(header.fileName.lastIndexOf('/') + 1).slice(0, 255);
  return name === '' ? 'unnamed' : name;
}

function badStream(field: string, description: string): Fault {
  return new Fault('INVALID_ARGUMENT', 'the upload is not as the contract says', {
    violations: [{ field, description }],
  });
}

/**
 * Looks again for attempts that lines cleared while they could not be concluded (in flight, another writer), and for attempts whose
 * window ended. The core calls it every minute or so. Gives how many attempts were resolved and how many exceptions opened.
 */
export async function settlementSweep(deps: SettlementDeps): Promise<{ resolved: number; opened: number }> {
  const resolved = await resolveCleared(deps.pool, deps.conclude, deps.log);
  let opened = await openContradicted(deps.pool, deps.clock.nowUs());
  await endWindows(deps.pool, deps.clock);
  await showDisputes(deps.pool, deps.aloneOnIntent, deps.clock.nowUs());
  const networks = await deps.pool.query<{ network: string }>(
    'select distinct network from settlement_file where state = 1 and network <> $1',
    [bankNetwork],
  );
  for (const { network } of networks.rows) opened += await openMissing(deps.pool, network, deps.clock.nowUs());
  opened += await compareSweep(deps);
  return { resolved, opened };
}
