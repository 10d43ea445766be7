// Steps side by side are steps one by one with fewer calls: any mix of pieces, keys and directions, with pieces that throw and a token that fails.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import type { Handle } from './pkcs11.ts';
import { decipher, encipher, runSteps, runTogether, type Steps } from './steps.ts';
import type { Token } from './token.ts';

const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);

/** TDES-ECB in software, with a count of calls; fails at the call of a number. */
class FakeToken {
  calls = 0;
  failsAt = 0;
  readonly results: Buffer[] = [];

  encryptEcb(key: Handle, _mechanism: number, data: Buffer): Buffer {
    return this.run(createCipheriv('des-ede-ecb', key, null), data);
  }

  decryptEcb(key: Handle, _mechanism: number, data: Buffer): Buffer {
    return this.run(createDecipheriv('des-ede-ecb', key, null), data);
  }

  private run(cipher: ReturnType<typeof createCipheriv>, data: Buffer): Buffer {
    this.calls += 1;
    if (this.calls === this.failsAt) throw new Error('CKR_DEVICE_ERROR');
    cipher.setAutoPadding(false);
    const result = Buffer.concat([cipher.update(data), cipher.final()]);
    this.results.push(result);
    return result;
  }
}

const asToken = (fake: FakeToken): Token => fake as unknown as Token;
const keys = [1, 2, 3].map((byte) => Buffer.alloc(16, Buffer.from([byte, byte + 8])));

/** A step of a piece: which key, which way, how many blocks; `fails` throws behind it. */
interface Plan {
  readonly key: number;
  readonly back: boolean;
  readonly blocks: number;
  readonly fails: boolean;
}

/** Feeds each result to the next step, and says what came out at the end. */
function* piece(start: number, plan: readonly Plan[]): Steps<string> {
  let data: Buffer = Buffer.alloc(8, start);
  for (const { key, back, blocks, fails } of plan) {
    const handle = keys[key] as Handle;
    const given = Buffer.concat(Array.from({ length: blocks }, () => data.subarray(0, 8)));
    data = Buffer.from(back ? yield* decipher(handle, given) : yield* encipher(handle, given));
    if (fails) throw new Error(`piece ${start}`);
  }
  return data.toString('hex');
}

function alone(work: Steps<string>): { ok: true; value: string } | { ok: false; error: unknown } {
  try {
    return { ok: true, value: runSteps(asToken(new FakeToken()), work) };
  } catch (error) {
    return { ok: false, error };
  }
}

const planned = fc.array(
  fc.array(
    fc.record({
      key: fc.nat(2),
      back: fc.boolean(),
      blocks: fc.integer({ min: 1, max: 3 }),
      fails: fc.nat(9).map((n) => n === 0),
    }),
    { maxLength: 5 },
  ),
  { maxLength: 12 },
);

t.test(`any mix comes to what each comes to alone (seed ${seed})`, (t) => {
  fc.assert(
    fc.property(planned, (plans) => {
      const fake = new FakeToken();
      const side = runTogether(
        asToken(fake),
        plans.map((plan, i) => piece(i, plan)),
      );
      const each = plans.map((plan, i) => alone(piece(i, plan)));
      if (side.length !== each.length) return false;
      for (const [i, one] of side.entries()) {
        const other = each[i];
        if (one.ok !== other?.ok) return false;
        if (one.ok && other.ok && one.value !== other.value) return false;
      }
      // Never more calls than keys and directions in each round of steps; and nothing is left of any result.
      const rounds = Math.max(0, ...plans.map((plan) => plan.length));
      return fake.calls <= rounds * 6 && fake.results.every((result) => result.every((byte) => byte === 0));
    }),
    { seed, numRuns: 200 },
  );
  t.end();
});

t.test('pieces of one shape take one call a step, however many there are', (t) => {
  const fake = new FakeToken();
  const plan = [0, 1, 2].map((key) => ({ key, back: key === 0, blocks: 1, fails: false }));
  runTogether(
    asToken(fake),
    Array.from({ length: 32 }, (_, i) => piece(i, plan)),
  );
  t.equal(fake.calls, 3);
  t.end();
});

t.test('an error of the token is thrown, every piece is ended, and nothing is left of a result', (t) => {
  const fake = new FakeToken();
  fake.failsAt = 2;
  let ended = 0;
  function* watched(i: number): Steps<string> {
    try {
      return yield* piece(
        i,
        [0, 1].map((key) => ({ key, back: false, blocks: 1, fails: false })),
      );
    } finally {
      ended += 1;
    }
  }
  t.throws(() => runTogether(asToken(fake), [watched(0), watched(1)]), { message: 'CKR_DEVICE_ERROR' });
  t.equal(ended, 2);
  t.ok(fake.results.every((result) => result.every((byte) => byte === 0)));
  t.end();
});
