// The token's folder goes away under a running device and comes back: an unmounted disk, a restored backup.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeCardJwe } from '../terminal/jwe.ts';
import { must, startTestHsm } from '../testing/dev-hsm.ts';

const PAN = '4111111111111111';
const merchantId = Buffer.alloc(16, 7);

t.test('the token folder is removed and put back: typed failures, then answers, from the same process', async (t) => {
  const hsm = await startTestHsm();
  t.teardown(() => hsm.stop());
  const { gateway, core, admin } = hsm;
  const { jwk } = must((await core.publicKey([{ keyRef: 'card-jwe' }]))[0]);
  const jwe = await makeCardJwe({ publicJwk: jwk, kid: jwk.kid, pan: PAN, exp: '2912' });
  const { vault } = must(await core.single.sealCard({ merchantId, card: { kind: 'jwe', jwe } }));
  const before = must((await admin.listKeys([{}]))[0]).keys;
  const tokens = join(hsm.dir, 'tokens');

  for (const round of [1, 2]) {
    renameSync(tokens, `${tokens}.away`);
    const codes = new Set<string>();
    let failedInARow = 0;
    // Until the device has noticed (its health check comes every second), then a while longer: nothing but typed failures.
    while (failedInARow < 20) {
      const result = await gateway.single.openCard({ merchantId, vault });
      if (result.ok) t.equal(result.pan, PAN, 'as long as the session copies work, the answer is right');
      else codes.add(result.error.code);
      failedInARow = result.ok ? 0 : failedInARow + 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const code of codes) t.match(code, /^(device_error|unavailable)$/, `round ${round}`);
    t.match((await core.random([{ bytes: 8 }]))[0], {
      ok: false,
      error: { code: 'unavailable', certainty: 'not_done' },
    });
    const made = (
      await admin.generateKey([{ name: 'tf-key', usage: 'P0', algorithm: 'TDES2', activation: { state: 'active' } }])
    )[0];
    t.match(made, { ok: false, error: { code: 'unavailable' } }, 'no key is made of nothing');

    renameSync(`${tokens}.away`, tokens);
    let result = await gateway.single.openCard({ merchantId, vault });
    while (!result.ok) {
      t.match(result.error.code, /^(device_error|unavailable)$/);
      await new Promise((resolve) => setTimeout(resolve, 50));
      result = await gateway.single.openCard({ merchantId, vault });
    }
    t.equal(result.pan, PAN, 'it answers again');
    const again = await Promise.all(Array.from({ length: 50 }, () => gateway.single.openCard({ merchantId, vault })));
    t.equal(again.filter((one) => one.ok && one.pan === PAN).length, 50);
    t.same(must((await admin.listKeys([{}]))[0]).keys, before, 'with the same keys');
  }
  t.equal(hsm.devices[0]?.exitCode, null, 'the process that was started is the one that answers');
});
