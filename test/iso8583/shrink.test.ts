import t from 'tap';
import { maskedHex, shrinkBytes, shrinkMessage } from './shrink.ts';

t.test('bytes are cut and zeroed as long as the finding stays', async (t) => {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7) & 255));
  bytes[211] = 0xee;
  bytes[212] = 0xdd;
  const fails = (candidate: Buffer): boolean => candidate.includes(Buffer.from([0xee, 0xdd]));
  t.same(shrinkBytes(bytes, fails), Buffer.from([0xee, 0xdd]));
  t.same(
    shrinkBytes(bytes, (candidate) => candidate.length >= 10),
    Buffer.alloc(10),
  );
  t.same(
    shrinkBytes(bytes, () => false),
    bytes,
    'what does not fail again stays whole',
  );
});

t.test('fields are left out as long as the finding stays', async (t) => {
  const input = { mti: '0100', fields: { 2: '1', 3: '2', 4: '3', 48: [['01', 'x']] as const } };
  t.same(
    shrinkMessage(input, ({ fields }) => '4' in fields && '48' in fields),
    { mti: '0100', fields: { 4: '3', 48: [['01', 'x']] } },
  );
});

t.test('a report holds no card number', async (t) => {
  t.equal(maskedHex(Buffer.from('0100')), '30313030');
  t.match(maskedHex(Buffer.from('4111111111111111', 'hex')), /^411111\*{6}1111$/);
  t.equal(maskedHex(Buffer.from('x4111111111111111')), `78${'*'.repeat(32)}`);
  t.notMatch(maskedHex(Buffer.from('4111111111111111'.replace(/./g, 'F$&'), 'hex')), /F4F1/);
});
