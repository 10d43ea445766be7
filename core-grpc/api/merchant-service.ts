// MerchantService: operators set merchants up; API keys are in api-keys.ts.
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { Fault } from '../../common/errors.ts';
import { formatId, newId, parseId } from '../../common/ids.ts';
import * as proto from '../../proto/gen/cardedge/core/v1/merchants.ts';
import type { ServiceHandlers } from '../../proto/service.ts';
import { type Core, nowUsOf } from '../flow/core.ts';
import type { Merchant } from '../store/merchants.ts';
import type { AccessTable, Caller } from './access.ts';
import { createApiKey, listApiKeys, revokeApiKey, verifyApiKey } from './api-keys.ts';
import { asFault, statusOf } from './faults.ts';
import { makeToken, pageSizeOf, readToken } from './page.ts';
import { callerOf } from './server.ts';
import { Violations } from './violations.ts';

const service = 'MerchantService';

/** Terminals of a merchant: what one configuration row set may hold. */
const terminalsMax = 10_000;

/** Longest reserve: longer than any network lets a cardholder dispute. */
const reserveDaysMax = 730;

/** The handlers over a core. */
export function merchantHandlers(core: Core, access: AccessTable): ServiceHandlers<typeof proto.MerchantService> {
  function unary<Request, Response>(
    method: string,
    merchantOf: (request: Request) => string | undefined,
    run: (request: Request, caller: Caller) => Promise<Response>,
  ) {
    return (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>): void => {
      const answer = async (): Promise<Response> => {
        const caller = callerOf(access, call);
        caller.check(service, method, merchantOf(call.request));
        return run(call.request, caller);
      };
      answer().then(
        (response) => done(null, response),
        (error: unknown) => done(statusOf(asFault(error, core.log))),
      );
    };
  }
  return {
    createMerchant: unary(
      'CreateMerchant',
      (request) => request.merchant?.merchantId ?? '',
      (request) => create(core, request),
    ),
    updateMerchant: unary(
      'UpdateMerchant',
      (request) => request.merchant?.merchantId ?? '',
      (request) => update(core, request),
    ),
    getMerchant: unary(
      'GetMerchant',
      (request) => request.merchantId,
      async (request) => message(await core.merchants.get(idOf(request.merchantId, 'merchant_id'))),
    ),
    listMerchants: unary(
      'ListMerchants',
      () => '',
      (request) => list(core, request),
    ),
    suspendMerchant: unary(
      'SuspendMerchant',
      (request) => request.merchantId,
      (request) => suspend(core, request),
    ),
    createApiKey: unary(
      'CreateApiKey',
      (request) => request.merchantId,
      (request, caller) => createApiKey(core, request, caller.identity),
    ),
    listApiKeys: unary(
      'ListApiKeys',
      (request) => request.merchantId,
      (request) => listApiKeys(core, request),
    ),
    revokeApiKey: unary(
      'RevokeApiKey',
      (request) => request.merchantId,
      (request, caller) => revokeApiKey(core, request, caller.identity),
    ),
    // The key says whose it is: the merchant is checked when it is known.
    verifyApiKey: unary(
      'VerifyApiKey',
      () => undefined,
      (request, caller) => verifyApiKey(core, request, caller),
    ),
  };
}

function idOf(text: string, field: string): Buffer {
  const found = new Violations();
  const id = found.id('merchant', field, text);
  found.done();
  return id;
}

async function create(core: Core, request: proto.CreateMerchantRequest): Promise<proto.Merchant> {
  const given = request.merchant ?? proto.Merchant.create();
  const found = new Violations();
  const merchantId =
    given.merchantId === '' ? newId(core.clock) : found.id('merchant', 'merchant.merchant_id', given.merchantId);
  check(found, given);
  found.done();
  const merchant = fromMessage(given, merchantId, nowUsOf(core));
  if (await core.merchants.create(merchant)) return message(merchant);
  // The same set-up again is no error; another one under the same id is.
  const stored = await core.merchants.get(merchantId);
  if (same(stored, merchant)) return message(stored);
  throw new Fault('INVALID_STATE', 'A merchant with this id exists and differs: use UpdateMerchant.');
}

function same(a: Merchant, b: Merchant): boolean {
  const bytes = (merchant: Merchant): Buffer => proto.Merchant.encode({ ...message(merchant), createdAtUs: 0n });
  return bytes(a).equals(bytes(b));
}

/** Fields that may be changed: name in the contract -> how it is taken over. */
const changes: Readonly<Record<string, (to: proto.Merchant, from: proto.Merchant) => void>> = {
  name: (to, from) => Object.assign(to, { name: from.name }),
  city: (to, from) => Object.assign(to, { city: from.city }),
  country: (to, from) => Object.assign(to, { country: from.country }),
  category_code: (to, from) => Object.assign(to, { categoryCode: from.categoryCode }),
  acceptor_id: (to, from) => Object.assign(to, { acceptorId: from.acceptorId }),
  status: (to, from) => Object.assign(to, { status: from.status }),
  terminals: (to, from) => Object.assign(to, { terminals: from.terminals }),
  networks: (to, from) => Object.assign(to, { networks: from.networks }),
  fee_plan: (to, from) => Object.assign(to, { feePlan: from.feePlan }),
  default_capture_method: (to, from) => Object.assign(to, { defaultCaptureMethod: from.defaultCaptureMethod }),
  limits: (to, from) => Object.assign(to, { limits: from.limits }),
  currencies: (to, from) => Object.assign(to, { currencies: from.currencies }),
};

async function update(core: Core, request: proto.UpdateMerchantRequest): Promise<proto.Merchant> {
  const given = request.merchant ?? proto.Merchant.create();
  const found = new Violations();
  const merchantId = found.id('merchant', 'merchant.merchant_id', given.merchantId);
  found.check(request.fields.length > 0, 'fields', 'must name what to change');
  for (const field of request.fields)
    found.check(Object.hasOwn(changes, field), 'fields', 'names a field that cannot be changed');
  found.done();
  const changed = await core.merchants.update(
    merchantId,
    (merchant) => {
      const next = message(merchant);
      for (const field of request.fields) changes[field]?.(next, given);
      const wrong = new Violations();
      check(wrong, next);
      wrong.done();
      return { ...fromMessage(next, merchantId, merchant.createdAtUs), suspensionReason: merchant.suspensionReason };
    },
    nowUsOf(core),
  );
  return message(changed);
}

async function suspend(core: Core, request: proto.SuspendMerchantRequest): Promise<proto.Merchant> {
  const found = new Violations();
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  found.text(request.suspensionReason, 'suspension_reason', 200);
  found.done();
  const changed = await core.merchants.update(
    merchantId,
    (merchant) => ({ ...merchant, suspended: true, suspensionReason: request.suspensionReason }),
    nowUsOf(core),
  );
  return message(changed);
}

async function list(core: Core, request: proto.ListMerchantsRequest): Promise<proto.ListMerchantsResponse> {
  const count = pageSizeOf(request.pageSize);
  const [name, id] = request.pageToken === '' ? [] : readToken(request.pageToken, 2, 'page_token');
  const merchantId = id === undefined ? undefined : parseId('merchant', id);
  const after = name === undefined || merchantId === undefined ? undefined : { name, merchantId };
  const merchants = await core.merchants.list(after, count);
  const last = merchants.at(-1);
  const nextPageToken =
    merchants.length === count && last !== undefined
      ? makeToken([last.name, formatId('merchant', last.merchantId)])
      : '';
  return { merchants: merchants.map(message), nextPageToken };
}

function check(found: Violations, merchant: proto.Merchant): void {
  const at = (field: string): string => `merchant.${field}`;
  const printable = (text: string, most: number): boolean =>
    text.length >= 1 && text.length <= most && /^[\x20-\x7e]+$/.test(text);
  found.check(printable(merchant.name, 22), at('name'), 'must be 1 to 22 printable ASCII characters');
  found.check(printable(merchant.city, 13), at('city'), 'must be 1 to 13 printable ASCII characters');
  found.check(/^[A-Z]{2}$/.test(merchant.country), at('country'), 'must be an ISO 3166-1 alpha-2 code in capitals');
  found.check(/^\d{4}$/.test(merchant.categoryCode), at('category_code'), 'must be 4 digits (ISO 18245)');
  found.check(printable(merchant.acceptorId, 15), at('acceptor_id'), 'must be 1 to 15 printable ASCII characters');
  found.noPan(merchant.name, at('name'));
  found.check(
    merchant.terminals.length >= 1 && merchant.terminals.length <= terminalsMax,
    at('terminals'),
    `must be 1 to ${terminalsMax}`,
  );
  const ids = new Set(merchant.terminals.map((one) => one.terminalId));
  found.check(ids.size === merchant.terminals.length, at('terminals'), 'must have different ids');
  for (const one of ids)
    found.check(/^[\x20-\x7e]{8}$/.test(one), at('terminals.terminal_id'), 'must be 8 printable characters');
  found.check(
    merchant.networks.length >= 1 && merchant.networks.length <= 32,
    at('networks'),
    'must name 1 to 32 networks',
  );
  for (const one of merchant.networks)
    found.check(/^[a-z0-9-]{1,32}$/.test(one), at('networks'), 'must be names like simnet');
  found.check(merchant.currencies.length >= 1, at('currencies'), 'must name at least one');
  for (const one of merchant.currencies) found.currency(one, 'merchant', 'currencies');
  found.check((merchant.feePlan?.basisPoints ?? 0) <= 10_000, at('fee_plan.basis_points'), 'must be at most 10000');
  found.check((merchant.feePlan?.fixedMinor ?? 0n) >= 0n, at('fee_plan.fixed_minor'), 'must not be negative');
  checkReserve(found, merchant.feePlan, at);
  found.check((merchant.limits?.intentMinorMax ?? 0n) >= 0n, at('limits.intent_minor_max'), 'must not be negative');
  found.check((merchant.limits?.dailyMinorMax ?? 0n) >= 0n, at('limits.daily_minor_max'), 'must not be negative');
  found.known(merchant.status, at('status'));
  found.known(merchant.defaultCaptureMethod, at('default_capture_method'));
}

function checkReserve(found: Violations, plan: proto.FeePlan | undefined, at: (field: string) => string): void {
  const { reserveBasisPoints = 0, reserveDays = 0 } = plan ?? {};
  found.check(reserveBasisPoints <= 10_000, at('fee_plan.reserve_basis_points'), 'must be at most 10000');
  found.check(reserveDays <= reserveDaysMax, at('fee_plan.reserve_days'), `must be at most ${reserveDaysMax}`);
  const both = reserveBasisPoints > 0 === reserveDays > 0;
  found.check(both, at('fee_plan.reserve_days'), 'and fee_plan.reserve_basis_points must be given together');
}

function fromMessage(given: proto.Merchant, merchantId: Buffer, createdAtUs: bigint): Merchant {
  return {
    merchantId,
    name: given.name,
    city: given.city,
    country: given.country,
    categoryCode: given.categoryCode,
    acceptorId: given.acceptorId,
    suspended: given.status === 'SUSPENDED',
    suspensionReason: '',
    networks: given.networks,
    currencies: given.currencies,
    feeBasisPoints: given.feePlan?.basisPoints ?? 0,
    feeFixedMinor: given.feePlan?.fixedMinor ?? 0n,
    reserveBasisPoints: given.feePlan?.reserveBasisPoints ?? 0,
    reserveDays: given.feePlan?.reserveDays ?? 0,
    defaultCaptureMethod: given.defaultCaptureMethod === 'MANUAL' ? 'MANUAL' : 'AUTOMATIC',
    intentMinorMax: given.limits?.intentMinorMax ?? 0n,
    dailyMinorMax: given.limits?.dailyMinorMax ?? 0n,
    terminals: given.terminals.map(({ terminalId, ecommerce }) => ({ terminalId, ecommerce })),
    createdAtUs,
  };
}

function message(merchant: Merchant): proto.Merchant {
  return {
    merchantId: formatId('merchant', merchant.merchantId),
    name: merchant.name,
    city: merchant.city,
    country: merchant.country,
    categoryCode: merchant.categoryCode,
    acceptorId: merchant.acceptorId,
    status: merchant.suspended ? 'SUSPENDED' : 'ACTIVE',
    terminals: merchant.terminals.map((one) => ({ ...one })),
    networks: [...merchant.networks],
    feePlan: {
      basisPoints: merchant.feeBasisPoints,
      fixedMinor: merchant.feeFixedMinor,
      reserveBasisPoints: merchant.reserveBasisPoints,
      reserveDays: merchant.reserveDays,
    },
    defaultCaptureMethod: merchant.defaultCaptureMethod,
    limits: { intentMinorMax: merchant.intentMinorMax, dailyMinorMax: merchant.dailyMinorMax },
    currencies: [...merchant.currencies],
    createdAtUs: merchant.createdAtUs,
  };
}
