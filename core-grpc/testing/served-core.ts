// For tests: a core behind its real gRPC server with mutual TLS, and clients by certificate.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChannelCredentials, Metadata, ServerCredentials, type ServiceError } from '@grpc/grpc-js';
import { systemClock } from '../../common/clock.ts';
import { formatId, newId } from '../../common/ids.ts';
import { silentLog } from '../../common/log.ts';
import { MerchantService } from '../../proto/gen/cardedge/core/v1/merchants.ts';
import * as payments from '../../proto/gen/cardedge/core/v1/payments.ts';
import { ReviewService } from '../../proto/gen/cardedge/core/v1/reviews.ts';
import { RoutingService } from '../../proto/gen/cardedge/core/v1/routing.ts';
import { SettlementService } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import { Error as ErrorMessage } from '../../proto/gen/cardedge/core/v1/types.ts';
import { makeClient } from '../../proto/service.ts';
import { makePki } from '../../simulators/pki.ts';
import { testDatabase } from '../../test/support/database.ts';
import { readAccess } from '../api/access.ts';
import { errorTrailer } from '../api/faults.ts';
import { runCore } from '../main.ts';
import { approval, startFakeGateway } from './fake-gateway.ts';
import { fakeHsm } from './test-core.ts';

/** What is needed of a test: that it ends. */
interface Ends {
  teardown(act: () => Promise<void> | void): void;
}

/** Starts one on a database of its own. `checkout` may use PaymentService and GetMerchant for one merchant, `ops` everything, `gateway` nothing. */
export async function servedCore(t: Ends) {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-core-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const { ca, certificates } = makePki(dir).services;
  const shop = newId(systemClock);
  const shopId = formatId('merchant', shop);
  const accessFile = join(dir, 'access.json');
  writeFileSync(
    accessFile,
    JSON.stringify({
      ops: { methods: '*', merchants: '*' },
      checkout: { methods: ['PaymentService/*', 'GetMerchant'], merchants: [shopId] },
    }),
  );
  const gatewayTls = ServerCredentials.createSsl(
    readFileSync(ca),
    [{ cert_chain: readFileSync(certificates.gateway.cert), private_key: readFileSync(certificates.gateway.key) }],
    true,
  );
  const gateway = await startFakeGateway(approval, gatewayTls);
  const { url } = await testDatabase(t);
  const running = await runCore(
    {
      listen: '127.0.0.1:0',
      tls: { ca, ...certificates.core },
      access: readAccess(accessFile),
      databaseUrl: url,
      migrate: true,
      gateways: [gateway.address],
      metricsListen: '127.0.0.1:0',
    },
    { hsm: fakeHsm, log: silentLog },
  );
  t.teardown(async () => {
    await running.stop();
    gateway.stop();
  });

  function clients(as: 'ops' | 'checkout' | 'gateway') {
    const { cert, key } = certificates[as];
    const credentials = ChannelCredentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert));
    const all = {
      payment: makeClient(payments.PaymentService, running.address, credentials),
      merchant: makeClient(MerchantService, running.address, credentials),
      settlement: makeClient(SettlementService, running.address, credentials),
      routing: makeClient(RoutingService, running.address, credentials),
      review: makeClient(ReviewService, running.address, credentials),
    };
    t.teardown(() => {
      for (const one of Object.values(all)) one.close();
    });
    // grpc-js methods need their client; the calls below pass them on by name.
    for (const client of Object.values(all) as object[]) {
      for (const name of Object.keys({
        ...payments.PaymentService,
        ...MerchantService,
        ...SettlementService,
        ...ReviewService,
      })) {
        const method: unknown = Reflect.get(client, name);
        if (typeof method === 'function') Reflect.set(client, name, method.bind(client));
      }
    }
    return all;
  }
  return { running, gateway, clients, shop, shopId, url, call };
}

/** A unary call as a promise; an error comes back as its message from the trailer. */
function call<Request, Response>(
  rpc: (
    request: Request,
    metadata: Metadata,
    options: object,
    done: (error: ServiceError | null, response?: Response) => void,
  ) => unknown,
  request: Request,
): Promise<{ reply?: Response; error?: ErrorMessage; status?: number }> {
  return new Promise((resolve) => {
    rpc(request, new Metadata(), {}, (error, response) => {
      if (error === null) return resolve({ reply: response as Response });
      const bytes = error.metadata?.get(errorTrailer)[0];
      resolve({
        status: error.code,
        error: bytes === undefined ? ErrorMessage.create() : ErrorMessage.decode(bytes as Buffer),
      });
    });
  });
}
