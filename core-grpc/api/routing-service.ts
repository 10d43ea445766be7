// RoutingService: the tables of card ranges and what a choice would be.
import { createHash } from 'node:crypto';
import type { ServerReadableStream, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Fault } from '../../common/errors.ts';
import { cardRangeFileBytesMax, fileChunkBytesMax } from '../../common/limits.ts';
import type * as proto from '../../proto/gen/cardedge/core/v1/routing.ts';
import type { ServiceHandlers } from '../../proto/service.ts';
import { type Core, nowUsOf } from '../flow/core.ts';
import { readRanges } from '../routing/card-ranges.ts';
import { type RangeTableFacts, storeRanges } from '../store/card-ranges.ts';
import type { AccessTable } from './access.ts';
import { asFault, statusOf } from './faults.ts';
import { callerOf } from './server.ts';
import { Violations } from './violations.ts';

const service = 'RoutingService';

/** The handlers over a core. */
export function routingHandlers(core: Core, access: AccessTable): ServiceHandlers<typeof proto.RoutingService> {
  const answer = <Response>(done: sendUnaryData<Response>, run: () => Promise<Response>): void => {
    run().then(
      (response) => done(null, response),
      (error: unknown) => done(statusOf(asFault(error, core.log))),
    );
  };
  return {
    loadCardRanges: (call, done) =>
      answer(done, async () => {
        const caller = callerOf(access, call);
        caller.check(service, 'LoadCardRanges', undefined);
        return load(core, await fileOf(call), caller.identity);
      }),
    showRouting: (call: ServerUnaryCall<proto.ShowRoutingRequest, proto.ShowRoutingResponse>, done) =>
      answer(done, async () => {
        callerOf(access, call).check(service, 'ShowRouting', undefined);
        return { table: tableMessage(await core.routes.refresh(core.pools.keyed)) };
      }),
    testRoute: (call: ServerUnaryCall<proto.TestRouteRequest, proto.TestRouteResponse>, done) =>
      answer(done, async () => {
        callerOf(access, call).check(service, 'TestRoute', call.request.merchantId);
        return test(core, call.request);
      }),
  };
}

/** The file of a stream; throws INVALID_ARGUMENT when it is too long. */
async function fileOf(
  call: ServerReadableStream<proto.LoadCardRangesRequest, proto.LoadCardRangesResponse>,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const { chunk } of call as AsyncIterable<proto.LoadCardRangesRequest>) {
    bytes += chunk.length;
    if (chunk.length > fileChunkBytesMax || bytes > cardRangeFileBytesMax)
      throw new Fault(
        'INVALID_ARGUMENT',
        `A piece may have ${fileChunkBytesMax} bytes, the file ${cardRangeFileBytesMax}.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function load(core: Core, file: Buffer, identity: string): Promise<proto.LoadCardRangesResponse> {
  const { routes, faults } = readRanges(file.toString('utf8'));
  if (faults.length > 0) return { table: tableMessage(core.routes.table), faults };
  const sha256 = createHash('sha256').update(file).digest();
  const stored = await storeRanges(core.pools.keyed, routes, { sha256, identity, atUs: nowUsOf(core) });
  core.log.info({ audit: true, identity, table: String(stored.number), rows: stored.rows }, 'card ranges were loaded');
  return { table: tableMessage(await core.routes.refresh(core.pools.keyed)), faults: [] };
}

function tableMessage(facts: RangeTableFacts): proto.CardRangeTable {
  const { number, rows, identity, atUs } = facts;
  return { number, rows, sha256: number === 0n ? '' : facts.sha256.toString('hex'), identity, atUs };
}

async function test(core: Core, request: proto.TestRouteRequest): Promise<proto.TestRouteResponse> {
  const { bin, currency, amountMinor } = request;
  const found = new Violations();
  found.check(/^\d{8}$/.test(bin), 'bin', 'must be the first 8 digits of the card');
  found.check(/^[A-Z]{3}$/.test(currency), 'currency', 'must be a currency of three letters');
  found.check(amountMinor >= 0n, 'amount_minor', 'must not be negative');
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  found.done();
  const { networks } = core.merchants.cached(merchantId) ?? (await core.merchants.get(merchantId));
  const candidates = core.routes.candidates({ bin, currency, amountMinor, networks });
  return {
    candidates: candidates.map(({ network, health, costMinor }) => ({
      network,
      health: health === 'up' ? 'UP' : health === 'down' ? 'DOWN' : 'UNSPECIFIED',
      costMinor,
    })),
  };
}
