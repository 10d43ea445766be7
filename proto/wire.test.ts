// The generated codecs against protobufjs, an independent implementation: the same bytes and the same values, both ways.
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import t from 'tap';
import { projectPath } from '../common/root.ts';
import * as payments from './gen/cardedge/core/v1/payments.ts';
import * as types from './gen/cardedge/core/v1/types.ts';
import * as gateway from './gen/cardedge/gateway/v1/gateway.ts';
import { WireError, WireReader, WireWriter } from './wire.ts';

const protoDir = projectPath('proto');
const pool = new protobuf.Root();
pool.resolvePath = (_origin, target) => (target.startsWith(protoDir) ? target : `${protoDir}/${target}`);
for (const file of readdirSync(protoDir, { recursive: true }).map(String)) {
  if (file.endsWith('.proto')) pool.loadSync(`${protoDir}/${file}`);
}
pool.resolveAll();

interface Codec {
  create(init?: object): object;
  encode(message: object): Buffer;
  decode(bytes: Buffer): object;
}

const codecs: Record<string, Codec> = {
  'cardedge.core.v1.PayRequest': payments.PayRequest as unknown as Codec,
  'cardedge.core.v1.CommandBatch': payments.CommandBatch as unknown as Codec,
  'cardedge.core.v1.ReplyBatch': payments.ReplyBatch as unknown as Codec,
  'cardedge.core.v1.ListIntentsRequest': payments.ListIntentsRequest as unknown as Codec,
  'cardedge.core.v1.Attempt': types.Attempt as unknown as Codec,
  'cardedge.core.v1.Intent': types.Intent as unknown as Codec,
  'cardedge.gateway.v1.SubmitBatch': gateway.SubmitBatch as unknown as Codec,
  'cardedge.gateway.v1.OutcomeBatch': gateway.OutcomeBatch as unknown as Codec,
};

/** A random protobufjs object of a type, in the field order that both encoders use. */
function arbitrary(type: protobuf.Type, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const parts: Record<string, fc.Arbitrary<unknown>> = {};
  const chosen = new Map<string, string>();
  for (const oneof of type.oneofsArray) {
    const names = oneof.fieldsArray.map((field) => field.name);
    chosen.set(oneof.name, names[depth % names.length] ?? '');
  }
  for (const field of type.fieldsArray) {
    if (field.partOf && chosen.get(field.partOf.name) !== field.name) continue;
    const one = value(field, depth);
    if (field instanceof protobuf.MapField)
      parts[field.name] = fc.dictionary(fc.string({ maxLength: 8 }), fc.string(), { maxKeys: 3 });
    else if (field.repeated) parts[field.name] = fc.array(one, { maxLength: depth > 3 ? 1 : 3 });
    else parts[field.name] = one;
  }
  return fc.record(parts);
}

function value(field: protobuf.Field, depth: number): fc.Arbitrary<unknown> {
  const type = field.resolvedType;
  if (type instanceof protobuf.Enum) return fc.integer({ min: 0, max: Object.keys(type.values).length - 1 });
  if (type instanceof protobuf.Type) return arbitrary(type, depth + 1);
  switch (field.type) {
    case 'string':
      return fc.oneof(fc.string(), fc.string({ unit: 'grapheme', maxLength: 200 }));
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    case 'bool':
      return fc.boolean();
    case 'uint32':
      return fc.nat({ max: 0xffffffff });
    default:
      return fc
        .oneof(fc.bigInt(0n, 2n ** 63n - 1n), fc.bigInt(-(2n ** 63n), -1n), fc.bigInt(0n, 99999n))
        .map((n) => (protobuf.util.Long as unknown as { fromString(text: string): unknown }).fromString(n.toString()));
  }
}

t.test('generated codecs give the bytes that protobufjs gives, and read them back', async (t) => {
  const seed = Number(process.env['SEED'] ?? 20260101);
  for (const [name, codec] of Object.entries(codecs)) {
    const type = pool.lookupType(name);
    fc.assert(
      fc.property(arbitrary(type, 0), (object) => {
        const theirs = Buffer.from(type.encode(type.fromObject(object)).finish());
        const decoded = codec.decode(theirs);
        const ours = codec.encode(decoded);
        // Byte equality would also demand the peer's choice about writing empty values; equal meaning does not.
        t.strictSame(
          type.toObject(type.decode(ours), { longs: String, defaults: true }),
          type.toObject(type.decode(theirs), { longs: String, defaults: true }),
        );
      }),
      { seed, numRuns: 60 },
    );
  }
  t.comment(`seed ${seed}`);
});

t.test('64-bit integers keep every bit', async (t) => {
  for (const n of [
    0n,
    1n,
    127n,
    128n,
    2n ** 31n,
    2n ** 32n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -1n,
    -(2n ** 63n),
  ]) {
    const bytes = types.Money.encode({ amountMinor: n, currency: 'EUR' });
    t.equal(types.Money.decode(bytes).amountMinor, n);
  }
  t.throws(() => types.Money.encode({ amountMinor: 2n ** 63n, currency: 'EUR' }), WireError);
  t.equal(
    types.Money.decode(types.Money.encode({ amountMinor: 5n, currency: 'EUR' })).amountMinor,
    5n,
    'the shared writer is clean after an error',
  );
});

t.test('garbage gives WireError and nothing else', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        gateway.SubmitBatch.decode(Buffer.from(bytes));
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
  t.pass('no other error');
});

t.test('unknown fields and enum numbers are passed over', async (t) => {
  const writer = new WireWriter();
  types.encodeMoney({ amountMinor: 7n, currency: 'USD' }, writer);
  writer.uint32((99 << 3) | 2);
  writer.string('later');
  const money = types.decodeMoney(new WireReader(writer.finish()));
  t.strictSame(money, { amountMinor: 7n, currency: 'USD' });
  const bytes = Buffer.from([0x18, 0x63]); // Attempt.kind = 99
  t.equal(types.Attempt.decode(bytes).kind, 'UNRECOGNIZED');
});

t.test('a part longer than one length byte is moved, not cut', async (t) => {
  for (const size of [126, 127, 128, 16383, 16384, 70000]) {
    const batch = gateway.SubmitBatch.create({
      submissions: [gateway.Submission.create({ vault: Buffer.alloc(size, 1), attemptId: 'at_x' })],
    });
    t.equal(gateway.SubmitBatch.decode(gateway.SubmitBatch.encode(batch)).submissions[0]?.vault.length, size);
  }
});
