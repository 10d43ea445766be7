// The device process on a real token: every command of payments through the sockets, and what each role is refused.
import { readFileSync, statSync } from 'node:fs';
import t from 'tap';
import { provisionDevelopmentTokens } from '../provision.ts';
import { makeCardJwe } from '../terminal/jwe.ts';
import { loadDevelopmentTerminal } from '../terminal/pad.ts';
import { must, startDevice, startTestHsm, stopDevice } from '../testing/dev-hsm.ts';

/** Published test numbers of the schemes. */
const VISA = '4111111111111111';
const MASTERCARD = '5555555555554444';
const merchantId = Buffer.alloc(16, 7);
const otherMerchant = Buffer.alloc(16, 8);

const hsm = await startTestHsm();
t.teardown(() => hsm.stop());
const { core, gateway, admin, issuer, dev } = hsm;

async function publicJwk() {
  return must((await core.publicKey([{ keyRef: 'card-jwe' }]))[0]).jwk;
}

async function sealJwe(pan: string, cvv2?: string) {
  const jwk = await publicJwk();
  const jwe = await makeCardJwe({
    publicJwk: jwk,
    kid: jwk.kid,
    pan,
    exp: '2912',
    ...(cvv2 === undefined ? {} : { cvv2 }),
  });
  return core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe } });
}

t.test('sockets and PIN files are closed to others; the registry holds no key', (t) => {
  for (const path of [dev.sockets.core, dev.sockets.gateway, dev.terminalPath])
    t.equal(statSync(path).mode & 0o777, 0o600, path.split('/').at(-1) ?? '');
  t.notMatch(readFileSync(`${hsm.dir}/acquirer.keys.json`, 'utf8'), /value|secret/i);
  t.end();
});

t.test('provisioning again changes nothing', async (t) => {
  const before = readFileSync(`${hsm.dir}/acquirer.keys.json`, 'utf8');
  await provisionDevelopmentTokens({ stateDir: hsm.dir });
  t.equal(readFileSync(`${hsm.dir}/acquirer.keys.json`, 'utf8'), before);
});

t.test('provisioning without SoftHSM says what to install', async (t) => {
  await t.rejects(provisionDevelopmentTokens({ stateDir: `${hsm.dir}/none`, modulePath: '/nowhere/libsofthsm2.so' }), {
    message: /install the package softhsm2/,
  });
});

t.test('a card from the browser: sealed by core, opened by the gateway alone', async (t) => {
  const card = must(await sealJwe(VISA, '123'));
  t.match(card, { bin: '41111111', last4: '1111', expiryYymm: '2912' });
  t.equal(card.fingerprint.length, 32);
  const opened = must(await gateway.single.openCard({ merchantId, vault: card.vault, sealed: card.sealed! }));
  t.match(opened, { pan: VISA, expiryYymm: '2912', cvv2: '123' });
  const again = must(await sealJwe(VISA));
  t.equal(again.sealed, undefined, 'nothing sensitive, nothing sealed');
  t.ok(again.fingerprint.equals(card.fingerprint), 'one card, one fingerprint');
  t.notOk(again.vault.equals(card.vault), 'vault tokens differ each time');
  t.notOk(must(await sealJwe(MASTERCARD)).fingerprint.equals(card.fingerprint));
  t.ok(must(await core.single.fingerprint({ pan: VISA })).fingerprint.equals(card.fingerprint));
  const stored = must(await core.single.sealCard({ merchantId, card: { kind: 'vault', vault: card.vault } }));
  t.ok(stored.vault.equals(card.vault), 'a current vault token is kept');
});

t.test('core never gets a clear card', async (t) => {
  const card = must(await sealJwe(VISA));
  const [refused] = await core.openCard([{ merchantId, vault: card.vault }]);
  t.match(refused, { ok: false, error: { code: 'not_permitted', certainty: 'not_done' } });
});

t.test('a vault token opens for its merchant only; sealed data for their card only', async (t) => {
  const visa = must(await sealJwe(VISA, '123'));
  const mastercard = must(await sealJwe(MASTERCARD, '456'));
  const code = async (item: Parameters<typeof gateway.single.openCard>[0]) => {
    const result = await gateway.single.openCard(item);
    return result.ok ? 'ok' : result.error.code;
  };
  t.equal(await code({ merchantId: otherMerchant, vault: visa.vault }), 'authentication_failed');
  t.equal(await code({ merchantId, vault: visa.vault, sealed: mastercard.sealed! }), 'authentication_failed');
  const altered = Buffer.from(visa.vault);
  altered[20]! ^= 1;
  t.equal(await code({ merchantId, vault: altered }), 'authentication_failed');
  const version = Buffer.from(visa.vault);
  version[2] = 9;
  t.equal(await code({ merchantId, vault: version }), 'key_not_found');
  t.equal(await code({ merchantId, vault: visa.vault.subarray(1) }), 'invalid_request');
});

t.test('what is not a card is refused without a value', async (t) => {
  const jwk = await publicJwk();
  const bad = [
    { pan: '4111111111111112', exp: '2912' },
    { pan: VISA, exp: '2913' },
    { pan: VISA, exp: '2912', cvv2: '12' },
    { pan: '411111111111', exp: '2912' },
  ];
  for (const { pan, exp, cvv2 } of bad) {
    const jwe = await makeCardJwe({ publicJwk: jwk, kid: jwk.kid, pan, exp, ...(cvv2 === undefined ? {} : { cvv2 }) });
    const result = await core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe } });
    t.match(result, { ok: false, error: { code: 'invalid_card', message: 'the card data are not those of a card' } });
  }
  const good = await makeCardJwe({ publicJwk: jwk, kid: jwk.kid, pan: VISA, exp: '2912' });
  const tampered = good.replace(/.{4}$/, (end) => (end.startsWith('A') ? `B${end.slice(1)}` : `A${end.slice(1)}`));
  t.match(await core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe: tampered } }), {
    error: { code: 'authentication_failed' },
  });
  t.match(await core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe: 'a.b.c' } }), {
    error: { code: 'invalid_request' },
  });
});

t.test('terminals: track and PIN under DUKPT, both schemes', async (t) => {
  for (const { scheme, keyRef, pad } of loadDevelopmentTerminal(dev.terminalPath)) {
    for (let i = 0; i < 5; i++) {
      const tx = pad.next();
      const track2 = `${VISA}=29122010000012300000`;
      const ciphertext = tx.encryptTrack(track2);
      const card = must(
        await core.single.sealCard({ merchantId, card: { kind: 'terminal', keyRef, ksn: tx.ksn, scheme, ciphertext } }),
      );
      const opened = must(await gateway.single.openCard({ merchantId, vault: card.vault, sealed: card.sealed! }));
      t.equal(opened.track2, track2, scheme);
      const pinBlock = tx.pinBlock('1234', VISA);
      const translated = must(
        await gateway.single.translatePin({
          pinBlock,
          in: { format: tx.format, keyRef, ksn: tx.ksn, scheme },
          out: { format: 0, keyRef: 'zpk-simnet' },
          pan: VISA,
        }),
      );
      const pin = { kind: 'block', pinBlock: translated.pinBlock, format: 0, keyRef: 'zpk-simnet' } as const;
      const { pvv } = must(
        await issuer.single.generatePvv({ pin: { kind: 'clear', pin: '1234' }, pan: VISA, pvkRef: 'pvk', pvki: 1 }),
      );
      const verify = (pvkPvv: string) =>
        issuer.single.verifyPin({ pin, pan: VISA, reference: { kind: 'pvv', pvkRef: 'pvk', pvki: 1, pvv: pvkPvv } });
      t.equal(must(await verify(pvv)).verified, true);
      t.equal(must(await verify(String((Number(pvv) + 1) % 10000).padStart(4, '0'))).verified, false);
      const mac = tx.mac(Buffer.from('terminal message'));
      const algorithm = scheme === 'aes-dukpt' ? 'cmac' : 'retail';
      const data = Buffer.from('terminal message');
      t.equal(
        must(await gateway.single.verifyMac({ keyRef, ksn: tx.ksn, scheme, algorithm, data, mac })).verified,
        true,
      );
    }
  }
});

t.test('message MACs agree between the two ends of the network', async (t) => {
  const data = Buffer.from('0100 a message of some length that is not whole blocks');
  const { mac } = must(await gateway.single.generateMac({ keyRef: 'mac-simnet', algorithm: 'retail', data }));
  t.equal(mac.length, 8);
  const check = (changed: Buffer) =>
    issuer.single.verifyMac({ keyRef: 'mac-simnet', algorithm: 'retail', data: changed, mac });
  t.equal(must(await check(data)).verified, true);
  t.equal(must(await check(Buffer.from('other'))).verified, false);
});

t.test('CVV2 and iCVV of the issuer', async (t) => {
  const item = { cvkRef: 'cvk', pan: VISA, expiry: '2912', serviceCode: '000' };
  const { cvv } = must(await issuer.single.generateCvv(item));
  t.match(cvv, /^[0-9]{3}$/);
  t.equal(must(await issuer.single.verifyCvv({ ...item, cvv })).verified, true);
  t.equal(must(await issuer.single.verifyCvv({ ...item, serviceCode: '999', cvv })).verified, false);
});

t.test('keys as records: versions, rotation, overlap, destruction', async (t) => {
  const name = 'zpk-test';
  const make = async () =>
    must((await admin.generateKey([{ name, usage: 'P0', algorithm: 'TDES2', activation: { state: 'active' } }]))[0])
      .key;
  t.match(await make(), { version: 1, state: 'active', kcv: /^[0-9A-F]{6}$/ });
  t.match(await make(), { version: 2, state: 'active' });
  const { keys } = must((await gateway.listKeys([{ name }]))[0]);
  t.same(
    keys.map((key) => key.state),
    ['retiring', 'active'],
  );
  t.match(
    (await admin.destroyKey([{ keyRef: `${name}@2` }]))[0],
    { error: { code: 'key_state' } },
    'an active key is not destroyed',
  );
  t.match(must((await admin.destroyKey([{ keyRef: `${name}@1` }]))[0]).key, { state: 'destroyed' });
  t.match((await admin.keyCheckValue([{ keyRef: `${name}@1` }]))[0], { error: { code: 'key_state' } });
  t.match(
    (await gateway.generateKey([{ name, usage: 'P0', algorithm: 'TDES2', activation: { state: 'active' } }]))[0],
    { error: { code: 'not_permitted' } },
  );
});

t.test('the same keys are there after a restart', async (t) => {
  const card = must(await sealJwe(VISA));
  const [device] = hsm.devices;
  t.equal(await stopDevice(device!), 0, 'SIGTERM ends it in order');
  t.match(await gateway.single.openCard({ merchantId, vault: card.vault }), {
    error: { code: 'unavailable', certainty: 'not_done' },
  });
  hsm.devices[0] = await startDevice(dev.acquirerConfigPath);
  t.ok(await gateway.ready(60_000), 'the client connects again by itself');
  t.match(must(await gateway.single.openCard({ merchantId, vault: card.vault })), { pan: VISA });
});
