// API keys over the contract: make, list, end, verify. A secret exists in the answer that makes it and nowhere else.
import { isSecretOf, newApiSecret, parseApiSecret, proves, verifierOf } from '../../common/api-key.ts';
import { Fault } from '../../common/errors.ts';
import { formatId, newId, parseId } from '../../common/ids.ts';
import type * as proto from '../../proto/gen/cardedge/core/v1/merchants.ts';
import { type Core, nowUsOf } from '../flow/core.ts';
import { type ApiKey, endOf } from '../store/api-keys.ts';
import type { Caller } from './access.ts';
import { makeToken, pageSizeOf, readToken } from './page.ts';
import { Violations } from './violations.ts';

/** Longest overlap: a merchant's slowest deployment; who needs more makes a second key. */
const overlapMsMax = 90n * 86_400_000n;

const labelCharsMax = 64;
const noteCharsMax = 200;

/** Makes a key; with `replaces_key_id` it is a rotation. */
export async function createApiKey(
  core: Core,
  request: proto.CreateApiKeyRequest,
  identity: string,
): Promise<proto.CreateApiKeyResponse> {
  const found = new Violations();
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  const replaced =
    request.replacesKeyId === '' ? undefined : found.id('apiKey', 'replaces_key_id', request.replacesKeyId);
  found.text(request.label, 'label', labelCharsMax);
  checkOverlap(found, request.overlapMs);
  found.check(request.overlapMs === 0n || replaced !== undefined, 'overlap_ms', 'needs replaces_key_id');
  found.done();
  const atUs = nowUsOf(core);
  const keyId = newId(core.clock);
  const secret = newApiSecret();
  const key: ApiKey = {
    merchantId,
    keyId,
    label: request.label,
    verifier: verifierOf(parseApiSecret(secret) as Buffer, formatId('apiKey', keyId)),
    createdAtUs: atUs,
    events: [{ action: 'CREATED', atUs, expiresAtUs: undefined, identity, note: request.label }],
  };
  const note = `replaced by ${formatId('apiKey', keyId)}`;
  const expiresAtUs = atUs + request.overlapMs * 1000n;
  await core.apiKeys.create(
    key,
    replaced === undefined
      ? undefined
      : { keyId: replaced, ending: { action: 'REPLACED', expiresAtUs, atUs, identity, note } },
  );
  core.log.info({ keyId: formatId('apiKey', keyId), identity }, 'an API key was made');
  return { key: message(key), secret };
}

/** Ends a key. */
export async function revokeApiKey(
  core: Core,
  request: proto.RevokeApiKeyRequest,
  identity: string,
): Promise<proto.ApiKey> {
  const found = new Violations();
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  const keyId = found.id('apiKey', 'key_id', request.keyId);
  checkOverlap(found, request.overlapMs);
  found.text(request.note, 'note', noteCharsMax);
  found.done();
  const atUs = nowUsOf(core);
  const expiresAtUs = atUs + request.overlapMs * 1000n;
  const key = await core.apiKeys.end(merchantId, keyId, {
    action: 'REVOKED',
    expiresAtUs,
    atUs,
    identity,
    note: request.note,
  });
  core.log.info({ keyId: request.keyId, identity }, 'an API key was revoked');
  return message(key);
}

/** A page of a merchant's keys. */
export async function listApiKeys(core: Core, request: proto.ListApiKeysRequest): Promise<proto.ListApiKeysResponse> {
  const found = new Violations();
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  found.done();
  const count = pageSizeOf(request.pageSize);
  const [id = ''] = request.pageToken === '' ? [] : readToken(request.pageToken, 1, 'page_token');
  const keys = await core.apiKeys.list(
    merchantId,
    parseId('apiKey', id),
    request.ended ? undefined : nowUsOf(core),
    count,
  );
  const last = keys.at(-1);
  const more = keys.length === count && last !== undefined;
  return { keys: keys.map(message), nextPageToken: more ? makeToken([formatId('apiKey', last.keyId)]) : '' };
}

const wrong: proto.VerifyApiKeyResponse = { verdict: 'WRONG', merchantId: '', expiresAtUs: 0n };

/** What a proof is worth. The caller must be one that may ask about the key's merchant. */
export async function verifyApiKey(
  core: Core,
  request: proto.VerifyApiKeyRequest,
  caller: Caller,
): Promise<proto.VerifyApiKeyResponse> {
  const found = new Violations();
  const keyId = parseId('apiKey', request.keyId);
  const signed = request.proof?.case === 'signature' ? request.proof.value.signedSha256.length === 32 : true;
  found.check(signed, 'signature.signed_sha256', 'must be the 32 bytes of a SHA-256');
  found.check(request.proof !== undefined, 'proof', 'must be a signature or a secret');
  found.done();
  // Revocations are heard on the database's connection: without it, what is in memory may be out of date.
  if (!core.instance.alive())
    throw new Fault('STORE_UNAVAILABLE', 'This core has lost its connection to the database.', { retryAfterMs: 500 });
  const key = keyId === undefined ? undefined : await core.apiKeys.find(keyId);
  if (key === undefined || !isProved(key, request)) return wrong;
  const merchantId = formatId('merchant', key.merchantId);
  caller.check('MerchantService', 'VerifyApiKey', merchantId);
  const end = endOf(key);
  const answer = { merchantId, expiresAtUs: end ?? 0n };
  if (end !== undefined && end <= nowUsOf(core)) return { verdict: 'ENDED', ...answer };
  const merchant = await core.merchants.get(key.merchantId);
  return { verdict: merchant.suspended ? 'SUSPENDED' : 'VALID', ...answer };
}

function isProved(key: ApiKey, { proof }: proto.VerifyApiKeyRequest): boolean {
  if (proof === undefined) return false;
  return proof.case === 'secret'
    ? isSecretOf(key.verifier, formatId('apiKey', key.keyId), proof.value)
    : proves(key.verifier, proof.value.signedSha256, proof.value.proof);
}

function checkOverlap(found: Violations, overlapMs: bigint): void {
  found.check(overlapMs >= 0n && overlapMs <= overlapMsMax, 'overlap_ms', `must be 0 to ${overlapMsMax} (90 days)`);
}

function message(key: ApiKey): proto.ApiKey {
  return {
    keyId: formatId('apiKey', key.keyId),
    merchantId: formatId('merchant', key.merchantId),
    createdAtUs: key.createdAtUs,
    expiresAtUs: endOf(key) ?? 0n,
    label: key.label,
    events: key.events.map((event) => ({ ...event, expiresAtUs: event.expiresAtUs ?? 0n })),
  };
}
