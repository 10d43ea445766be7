// API keys: shown once, stored as verifiers, rotated with an overlap, ended for good, and heard of at other instances.
import { createHash } from 'node:crypto';
import pg from 'pg';
import t from 'tap';
import { newApiSecret, parseApiSecret, proofOf, signingKey } from '../../common/api-key.ts';
import { Fault } from '../../common/errors.ts';
import { formatId } from '../../common/ids.ts';
import { apiKeysInForceMax } from '../../common/limits.ts';
import { silentLog } from '../../common/log.ts';
import * as proto from '../../proto/gen/cardedge/core/v1/merchants.ts';
import { testDatabase } from '../../test/support/database.ts';
import { nowUsOf } from '../flow/core.ts';
import { migrate } from '../store/migrate.ts';
import { startTestCore, testMerchant, until } from '../testing/test-core.ts';
import { Caller } from './access.ts';
import { createApiKey, listApiKeys, revokeApiKey, verifyApiKey } from './api-keys.ts';

const { url } = await testDatabase(t);
await migrate(url, silentLog);
const one = await startTestCore(url, []);
const two = await startTestCore(url, []);
const admin = new pg.Client({ connectionString: url });
await admin.connect();
t.teardown(async () => {
  await admin.end();
  await Promise.all([one.stop(100), two.stop(100)]);
});
const edge = new Caller(new Map([['edge', { methods: ['VerifyApiKey'], merchants: '*' }]]), ['edge']);
const signed = createHash('sha256').update('a request').digest();

function create(merchant: Buffer, given: Partial<proto.CreateApiKeyRequest> = {}, core = one.core) {
  return createApiKey(
    core,
    proto.CreateApiKeyRequest.create({ merchantId: formatId('merchant', merchant), ...given }),
    'ops',
  );
}

function revoke(merchant: Buffer, keyId: string, overlapMs = 0n) {
  return revokeApiKey(
    one.core,
    proto.RevokeApiKeyRequest.create({ merchantId: formatId('merchant', merchant), keyId, overlapMs, note: 'lost' }),
    'ops',
  );
}

/** The verdict about a signature by this secret. */
async function verdict(keyId: string, secret: string, core = one.core, caller = edge) {
  const proof = proofOf(signingKey(parseApiSecret(secret) as Buffer, keyId), signed);
  const asked = { keyId, proof: { case: 'signature' as const, value: { signedSha256: signed, proof } } };
  return (await verifyApiKey(core, asked, caller)).verdict;
}

async function refused(call: Promise<unknown>): Promise<Fault> {
  const error = await call.catch((reason: unknown) => reason);
  if (!(error instanceof Fault)) throw new Error('it was not refused');
  return error;
}

t.test('a key is made, its secret shown once and nowhere stored', async (t) => {
  const merchant = await testMerchant(one.core);
  const { key, secret } = await create(merchant, { label: 'till system' });
  const keyId = key?.keyId ?? '';
  t.match(key, { merchantId: formatId('merchant', merchant), label: 'till system', expiresAtUs: 0n });
  t.match(key?.events, [{ action: 'CREATED', identity: 'ops' }]);
  t.equal(await verdict(keyId, secret), 'VALID');
  t.equal(await verdict(keyId, newApiSecret()), 'WRONG');
  t.equal(await verdict('key_00000000000000000000000000', secret), 'WRONG');
  t.match(await verifyApiKey(two.core, { keyId, proof: { case: 'secret', value: secret } }, edge), {
    verdict: 'VALID',
    merchantId: formatId('merchant', merchant),
  });
  t.match(await verifyApiKey(one.core, { keyId: 'nonsense', proof: { case: 'secret', value: '' } }, edge), {
    verdict: 'WRONG',
    merchantId: '',
  });
  const stored = await admin.query('select * from api_key where merchant_id = $1', [merchant.toString('hex')]);
  const bytes = parseApiSecret(secret) as Buffer;
  const row = JSON.stringify(stored.rows);
  for (const form of [
    secret,
    bytes.toString('hex'),
    bytes.toString('base64'),
    signingKey(bytes, keyId).toString('hex'),
  ])
    t.notOk(row.includes(form) || JSON.stringify(stored.rows[0].verifier.toString('hex')).includes(form));
  t.equal((await refused(verifyApiKey(one.core, { keyId, proof: undefined }, edge))).code, 'INVALID_ARGUMENT');
});

t.test('a rotation has an overlap; an end comes nearer and never goes back', async (t) => {
  const merchant = await testMerchant(one.core);
  const old = await create(merchant);
  const oldId = old.key?.keyId ?? '';
  const next = await create(merchant, { replacesKeyId: oldId, overlapMs: 3_600_000n });
  t.equal(await verdict(oldId, old.secret), 'VALID', 'within the overlap');
  t.equal(await verdict(next.key?.keyId ?? '', next.secret), 'VALID');
  const later = await revoke(merchant, oldId, 7_200_000n);
  t.equal(later.events.length, 2, 'a later end changes nothing');
  const ended = await revoke(merchant, oldId);
  t.match(
    ended.events.map((event) => event.action),
    ['CREATED', 'REPLACED', 'REVOKED'],
  );
  t.equal(await verdict(oldId, old.secret), 'ENDED');
  t.equal(await verdict(oldId, newApiSecret()), 'WRONG', 'only who has the secret learns that the key has ended');
  t.same(await revoke(merchant, oldId), ended, 'the same again changes nothing');
  t.equal((await refused(create(merchant, { replacesKeyId: oldId }))).code, 'INVALID_STATE');
  t.equal((await refused(create(merchant, { overlapMs: 5n }))).code, 'INVALID_ARGUMENT');
  t.equal((await refused(revoke(merchant, oldId, 91n * 86_400_000n))).code, 'INVALID_ARGUMENT');
  const list = (given: Partial<proto.ListApiKeysRequest>) =>
    listApiKeys(one.core, proto.ListApiKeysRequest.create({ merchantId: formatId('merchant', merchant), ...given }));
  t.same(
    (await list({})).keys.map((key) => key.keyId),
    [next.key?.keyId],
  );
  const first = await list({ ended: true, pageSize: 1 });
  const second = await list({ ended: true, pageSize: 1, pageToken: first.nextPageToken });
  t.same(
    [...first.keys, ...second.keys].map((key) => key.keyId),
    [next.key?.keyId, oldId],
  );
});

t.test('what one instance ends, the others refuse', async (t) => {
  const merchant = await testMerchant(one.core);
  const { key, secret } = await create(merchant);
  const keyId = key?.keyId ?? '';
  t.equal(await verdict(keyId, secret, two.core), 'VALID', 'now in its memory');
  await revoke(merchant, keyId);
  await until('the other has heard', async () => (await verdict(keyId, secret, two.core)) === 'ENDED');
  await one.core.merchants.update(merchant, (was) => ({ ...was, suspended: true }), nowUsOf(one.core));
  const fresh = await create(merchant);
  t.equal(await verdict(fresh.key?.keyId ?? '', fresh.secret), 'SUSPENDED');
});

t.test('another merchant: neither its key nor its verdict', async (t) => {
  const [merchant, other] = [await testMerchant(one.core), await testMerchant(one.core)];
  const { key, secret } = await create(merchant);
  const keyId = key?.keyId ?? '';
  t.equal((await refused(revoke(other, keyId))).code, 'NOT_FOUND');
  t.equal((await refused(create(other, { replacesKeyId: keyId }))).code, 'NOT_FOUND');
  const grant = { methods: ['VerifyApiKey'], merchants: [formatId('merchant', other)] };
  const narrow = new Caller(new Map([['edge', grant]]), ['edge']);
  t.equal((await refused(verdict(keyId, secret, one.core, narrow))).code, 'PERMISSION_DENIED');
  t.equal(await verdict(keyId, secret), 'VALID');
});

t.test('50 calls at once never make more keys than are allowed, and the application cannot change one', async (t) => {
  const merchant = await testMerchant(one.core);
  const cores = [one.core, two.core];
  const made = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => create(merchant, {}, cores[n % 2])));
  t.equal(made.filter((one) => one.status === 'fulfilled').length, apiKeysInForceMax);
  const refusals = made.filter((one) => one.status === 'rejected').map((one) => (one.reason as Fault).code);
  t.same([...new Set(refusals)], ['INVALID_STATE']);
  for (const table of ['api_key', 'api_key_event'])
    for (const right of ['update', 'delete']) {
      const found = await admin.query(`select has_table_privilege('card_edge_app', '${table}', '${right}') as may`);
      t.match(found.rows, [{ may: false }]);
    }
});
