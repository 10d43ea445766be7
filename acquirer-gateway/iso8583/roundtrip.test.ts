import assert from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { projectPath } from '../../common/root.ts';
import { Generator, Random } from '../../test/iso8583/generate.ts';
import { odds } from '../../test/iso8583/odds.ts';
import { type Dialect, formatIso8583Error, loadDialect } from './index.ts';
import { specSchema } from './spec-schema.ts';

const folder = projectPath('acquirer-gateway', 'specs');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && file !== 'dialect.schema.json')
  .map((file) => file.slice(0, -5));

const dialects = [...names.map(loadDialect), odds];

/** unpack(pack(m)) = m and pack(unpack(b)) = b for one generated message. */
function roundTrip(dialect: Dialect, seed: number): void {
  const input = new Generator(dialect.plan, new Random(seed)).message();
  const packed = dialect.pack(input);
  if (!packed.ok) throw new Error(`pack: ${formatIso8583Error(packed.error)}`);
  const unpacked = dialect.unpack(packed.bytes);
  if (!unpacked.ok) throw new Error(`unpack: ${formatIso8583Error(unpacked.error)}`);
  assert.deepStrictEqual(unpacked.message.toInput(), input);
  const again = dialect.pack(unpacked.message.toInput());
  if (!again.ok || !again.bytes.equals(packed.bytes)) throw new Error('packed again, the bytes differ');
  const range = unpacked.message.macRange();
  if (range !== undefined && (packed.macRange === undefined || packed.macRange.macOffset !== range.macOffset))
    throw new Error('two MAC ranges');
}

for (const dialect of dialects) {
  t.test(`${dialect.name}: any message goes both ways`, async (t) => {
    const seed = Number(process.env['SEED'] ?? Date.now() & 0x7fffffff);
    t.comment(`seed ${seed}`);
    fc.assert(
      fc.property(fc.integer(), (n) => {
        roundTrip(dialect, n);
      }),
      { seed, numRuns: 300 },
    );
  });
}

t.test('the schema file for editors is the one that compileSpec uses', async (t) => {
  t.same(JSON.parse(readFileSync(`${folder}/dialect.schema.json`, 'utf8')), JSON.parse(JSON.stringify(specSchema)));
});
