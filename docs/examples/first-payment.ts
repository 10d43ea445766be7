// The first payment in code: a TypeScript client of cardedge.core.v1, as in README.md. Run it beside `make run`:
//   node dist/docs/examples/first-payment.js
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { CompactEncrypt, importJWK, type JWK } from 'jose';
import { projectPath } from '../../common/root.ts';
import * as core from '../../proto/gen/cardedge/core/v1/payments.ts';
import { Money } from '../../proto/gen/cardedge/core/v1/types.ts';
import { makeClient } from '../../proto/service.ts';

interface System {
  readonly core: string;
  readonly tls: { readonly checkout: { readonly ca: string; readonly cert: string; readonly key: string } };
  readonly demo: { readonly merchantId: string };
}

const folder = process.env['CARD_EDGE_STATE_DIR'] ?? projectPath('.card-edge');
const system = JSON.parse(readFileSync(`${folder}/system.json`, 'utf8')) as System;
const { ca, cert, key } = system.tls.checkout;

// 1. Who we are: mutual TLS with the certificate of the service "checkout".
const payments = makeClient(
  core.PaymentService,
  system.core,
  credentials.createSsl(readFileSync(ca), readFileSync(key), readFileSync(cert)),
);

/** A unary call as a promise. */
function call<Request, Response>(
  method: (
    request: Request,
    metadata: Metadata,
    options: object,
    done: (error: ServiceError | null, reply?: Response) => void,
  ) => unknown,
  request: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method.call(payments, request, new Metadata(), { deadline: Date.now() + 30_000 }, (error, reply) =>
      reply === undefined ? reject(error ?? new Error('no reply')) : resolve(reply),
    );
  });
}

try {
  // 2. The card is encrypted where it is typed, to a key whose private half never leaves the HSM.
  const { jwk } = await call(payments.getCardKey, core.GetCardKeyRequest.create());
  const publicKey = JSON.parse(jwk) as JWK & { kid: string };
  const card = JSON.stringify({ pan: '4111111111111111', exp: '3012' }); // a published test number
  const jwe = await new CompactEncrypt(Buffer.from(card))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: publicKey.kid })
    .encrypt(await importJWK(publicKey, 'ECDH-ES'));

  // 3. Pay. The same idempotency key gives the same answer for ever, so a retry is always safe.
  const reply = await call(
    payments.pay,
    core.PayRequest.create({
      merchantId: system.demo.merchantId,
      idempotencyKey: randomUUID(),
      target: {
        case: 'newIntent',
        value: core.CreateIntentRequest.create({
          amount: Money.create({ amountMinor: 1234n, currency: 'EUR' }),
          captureMethod: 'AUTOMATIC',
          description: 'First payment',
        }),
      },
      card: { source: { case: 'jwe', value: jwe } },
      entryMode: 'ECOMMERCE',
    }),
  );

  // 4. APPROVED, DECLINED, NOT_SENT - or PENDING_VERIFICATION, which is not failed: it ends on evidence.
  console.log(`${reply.attempt?.status} ${reply.intent?.status} ${reply.intent?.intentId}`);
} finally {
  payments.close();
}
