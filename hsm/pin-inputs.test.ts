// What a PIN comes in under: a terminal's own key (TPK) and AES-192 DUKPT, on SoftHSM, against a software model that shares no code with the device.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { must, startTestHsm } from './testing/dev-hsm.ts';
import { encipherTdes } from './testing/fixture.ts';
import { loadKey } from './testing/load-key.ts';
import { readVectors, vectorsFolder } from './testing/vectors.ts';

const hsm = await startTestHsm();
t.teardown(() => hsm.stop());
const { gateway, admin } = hsm;
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const PAN = '4111111111111111';
const ZPK = hex('00112233445566778899aabbccddeeff');
const zpk = (await loadKey(admin, 'pi-zpk', 'P0', 'TDES2', ZPK)).name;
const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
t.comment(`seed ${seed}`);

function des(key: Buffer, block: Buffer): Buffer {
  const cipher = createDecipheriv('des-ede-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

function aes(key: Buffer, block: Buffer): Buffer {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

const xorHex = (a: string, b: string): string =>
  (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(16).padStart(a.length, '0');

/** ISO 9564-1 9.3: clear block of format 0, 1 or 3 as hex. */
function clearBlock(format: 0 | 1 | 3, pin: string, pan: string): string {
  const fill = format === 0 ? 'f' : 'b';
  const field = `${format}${pin.length.toString(16)}${pin}`.padEnd(16, fill);
  return format === 1 ? field : xorHex(field, `0000${pan.slice(-13, -1).padStart(12, '0')}`);
}

/** ISO 9564-1 9.4: enciphered block of format 4 under an AES key. */
function format4(key: Buffer, pin: string, pan: string): Buffer {
  const field = `4${pin.length.toString(16)}${pin}`.padEnd(16, 'a') + randomBytes(8).toString('hex');
  const account = `${pan.length - 12}${pan}`.padEnd(32, '0');
  return aes(key, hex(xorHex(aes(key, hex(field)).toString('hex'), account)));
}

/** The PIN of a format 0 block under the test's ZPK. */
function pinOf(block: Buffer, pan: string): string {
  const field = xorHex(des(ZPK, block).toString('hex'), `0000${pan.slice(-13, -1)}`);
  return field.slice(2, 2 + Number.parseInt(field[1] ?? '0', 16));
}

/** X9.24-3 6.3: one derivation step, the data block spelled out: version, block, usage, algorithm and bits of the derived key, tail. */
function derive(key: Buffer, usage: string, kind: string, tail: string): Buffer {
  const bytes = Number.parseInt(kind.slice(4), 16) / 8;
  const block = (n: number): Buffer => hex(`01${n.toString(16).padStart(2, '0')}${usage}${kind}${tail}`);
  const made = bytes > 16 ? Buffer.concat([aes(key, block(1)), aes(key, block(2))]) : aes(key, block(1));
  return made.subarray(0, bytes);
}

const KIND: Record<number, string> = { 16: '00020080', 24: '000300c0', 32: '00040100' };
const kindOf = (key: Buffer): string => KIND[key.length] ?? '';

/** Initial key, then bit by bit down to the counter's transaction key. */
function transactionKey(bdk: Buffer, ksn: string): Buffer {
  let key = derive(bdk, '8001', kindOf(bdk), ksn.slice(0, 16));
  const counter = [...Number.parseInt(ksn.slice(16), 16).toString(2).padStart(32, '0')];
  counter.forEach((bit, i) => {
    if (bit === '0') return;
    const upTo = Number.parseInt(
      counter
        .slice(0, i + 1)
        .join('')
        .padEnd(32, '0'),
      2,
    );
    key = derive(key, '8000', kindOf(bdk), ksn.slice(8, 16) + upTo.toString(16).padStart(8, '0'));
  });
  return key;
}

const pinKey = (bdk: Buffer, ksn: string): Buffer =>
  derive(transactionKey(bdk, ksn), '1000', kindOf(bdk), ksn.slice(8));

const digits = (min: number, max: number) =>
  fc.string({ minLength: min, maxLength: max, unit: fc.constantFrom(...'0123456789') });

t.test('TPK of TDES to ZPK: formats 0, 1 and 3; not under another key', async (t) => {
  const tpk = hex('fedcba98765432100123456789abcdef');
  const keyRef = (await loadKey(admin, 'pi-tpk', 'P0', 'TDES2', tpk)).name;
  const property = fc.asyncProperty(
    digits(4, 12),
    digits(13, 19),
    fc.constantFrom(0 as const, 1 as const, 3 as const),
    async (pin, pan, format) => {
      const item = {
        pinBlock: encipherTdes(tpk, hex(clearBlock(format, pin, pan))),
        in: { format, keyRef },
        out: { format: 0, keyRef: zpk },
        pan,
      } as const;
      return pinOf(must(await gateway.single.translatePin(item)).pinBlock, pan) === pin;
    },
  );
  await fc.assert(property, { seed, numRuns: 60 });
  const block = encipherTdes(tpk, hex(clearBlock(0, '1234', PAN)));
  const wrongKey = await gateway.single.translatePin({
    pinBlock: block,
    in: { format: 0, keyRef: zpk },
    out: { format: 0, keyRef: zpk },
    pan: PAN,
  });
  t.match(wrongKey, { ok: false, error: { code: 'pin_block_invalid' } }, 'under the ZPK it is no PIN block');
});

t.test('TPK of AES to ZPK: format 4 under 128, 192 and 256 bits', async (t) => {
  for (const bytes of [16, 24, 32] as const) {
    const tpk = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 29 + bytes) & 0xff));
    const keyRef = (await loadKey(admin, `pi-tpk-${bytes * 8}`, 'P0', `AES${bytes * 8}` as 'AES128', tpk)).name;
    for (const pin of ['1234', '567890', '123456789012']) {
      const item = {
        pinBlock: format4(tpk, pin, PAN),
        in: { format: 4, keyRef },
        out: { format: 0, keyRef: zpk },
        pan: PAN,
      } as const;
      t.equal(pinOf(must(await gateway.single.translatePin(item)).pinBlock, PAN), pin, `${bytes * 8} bits`);
    }
  }
});

t.test('the model of AES DUKPT is right: X9.24-3 supplement', (t) => {
  if (vectorsFolder() === undefined) {
    t.pass('skipped: no foreign vectors');
    t.end();
    return;
  }
  for (const bits of [128, 256] as const) {
    const { data } = readVectors<{ data: Record<string, string> & Record<'ksn_verify' | 'txn_key_verify', string[]> }>(
      `dukpt-aes${bits}-x9.24-3.json`,
    );
    for (const [i, ksn] of data.ksn_verify.entries()) {
      const key = transactionKey(hex(data['bdk'] ?? ''), ksn);
      t.equal(key.toString('hex').toUpperCase(), data.txn_key_verify[i], `${bits} ${ksn}`);
    }
  }
  t.end();
});

t.test('AES-192 DUKPT to ZPK: as the model says, and only under its own KSN', async (t) => {
  const bdk = hex('00112233445566778899aabbccddeeff0123456789abcdef');
  const keyRef = (await loadKey(admin, 'pi-bdk-192', 'B0', 'AES192', bdk)).name;
  const translate = (ksn: string, pinBlock: Buffer, pan: string) =>
    gateway.single.translatePin({
      pinBlock,
      in: { format: 4, keyRef, ksn: hex(ksn), scheme: 'aes-dukpt' },
      out: { format: 0, keyRef: zpk },
      pan,
    });
  const property = fc.asyncProperty(
    digits(4, 12),
    digits(13, 19),
    fc.integer({ min: 1, max: 0xffff }),
    fc.constantFrom('1234567890123456', '00000000ffffffff'),
    async (pin, pan, counter, device) => {
      const ksn = device + counter.toString(16).padStart(8, '0');
      return pinOf(must(await translate(ksn, format4(pinKey(bdk, ksn), pin, pan), pan)).pinBlock, pan) === pin;
    },
  );
  await fc.assert(property, { seed, numRuns: 80 });
  const [one, other] = ['123456789012345600000001', '123456789012345600000002'];
  const block = format4(pinKey(bdk, one), '1234', PAN);
  t.match(await translate(other, block, PAN), { ok: false, error: { code: 'pin_block_invalid' } }, 'another KSN');
  const kcv = must((await admin.deriveDukpt([{ bdkRef: keyRef, ksn: hex(one), scheme: 'aes-dukpt' }]))[0]).kcv;
  t.match(kcv, /^[0-9A-F]{6}$/);
});
