import t from 'tap';
import { compileSpec, importJpos, importMoov } from './index.ts';

const jpos = `<?xml version="1.0"?>
<!DOCTYPE isopackager PUBLIC "-//jPOS//EN" "http://jpos.org/dtd/generic-packager-1.0.dtd">
<!-- a comment with <isofield> in it -->
<isopackager>
  <isofield id="0" length="4" name="MTI" pad="true" class="org.jpos.iso.IFB_NUMERIC"/>
  <isofield id="1" length="16" name="Bitmap" class="org.jpos.iso.IFB_BITMAP"/>
  <isofield id="2" length="19" name="PAN &amp; more" pad="true" class="org.jpos.iso.IFB_LLHNUM"/>
  <isofield id="3" length="6" name="Code" pad="true" class="org.jpos.iso.IFB_NUMERIC"/>
  <isofield id="28" length="9" name="Fee" class="org.jpos.iso.IFB_AMOUNT"/>
  <isofield id="35" length="37" name="Track" pad="false" class="org.jpos.iso.IFB_LLNUM"/>
  <isofield id="41" length="8" name="Terminal" class="org.jpos.iso.IF_CHAR"/>
  <isofield id="42" length="15" name="Merchant" class="org.jpos.iso.IFE_CHAR"/>
  <isofield id="44" length="25" name="More" class="org.jpos.iso.IFB_LLHECHAR"/>
  <isofield id="52" length="8" name="PIN" class="org.jpos.iso.IFB_BINARY"/>
  <isofield id="53" length="8" name="Hex" class="org.jpos.iso.IFA_BINARY"/>
  <isofield id="55" length="255" name="Chip" class="org.jpos.iso.IFB_LLLBINARY"/>
  <isofieldpackager id="62" length="99" name="Positions" class="org.jpos.iso.IFA_LLCHAR" emitBitmap="false" packager="org.jpos.iso.packager.GenericSubFieldPackager">
    <isofield id="0" length="2" name="a" class="org.jpos.iso.IFA_NUMERIC"/>
    <isofield id="1" length="3" name="b" class="org.jpos.iso.IF_CHAR"/>
  </isofieldpackager>
  <isofieldpackager id="63" length="255" name="Bits" class="org.jpos.iso.IFB_LLHBINARY" emitBitmap="true" packager="org.jpos.iso.packager.GenericSubFieldPackager">
    <isofield id="0" length="3" name="bitmap" class="org.jpos.iso.IFB_BITMAP"/>
    <isofield id="1" length="4" name="network" class="org.jpos.iso.IFB_NUMERIC"/>
  </isofieldpackager>
  <isofieldpackager id="61" length="99" name="Code" class="org.jpos.iso.IFA_LLCHAR" packager="com.example.MyPackager"/>
  <isofield id="60" length="9" name="Odd" class="com.example.MyField"/>
</isopackager>`;

t.test('a jPOS packager becomes a dialect, and what cannot is named', async (t) => {
  const { spec, notes } = importJpos(jpos, 'from-jpos');
  const dialect = compileSpec(spec);
  const packed = dialect.pack({
    mti: '0200',
    fields: {
      2: '4111111111111111',
      3: '12',
      28: 'C00000012',
      35: '4111D29',
      41: 'T1',
      42: 'MERCHANT0000001',
      44: 'AB',
      52: '0011223344556677',
      53: '0011223344556677',
      62: [
        ['0', '07'],
        ['1', 'XYZ'],
      ],
      63: { 1: '0002' },
      55: '9A03',
    },
  });
  if (!packed.ok) throw new Error(JSON.stringify(packed.error));
  const hex = packed.bytes.toString('hex');
  t.ok(
    hex.startsWith(
      '0200' + '6000001020d01a06' + '10' + '4111111111111111' + '000012' + '4300000012' + '07' + '4111d290',
    ),
    hex,
  );
  t.ok(hex.includes(Buffer.from('T1      ', 'latin1').toString('hex')), 'padded on the right');
  t.ok(hex.includes('02c1c2'), 'binary prefix, EBCDIC text');
  t.ok(hex.includes(Buffer.from('0011223344556677').toString('hex')), 'hexadecimal characters');
  t.ok(hex.endsWith(`${Buffer.from('0507XYZ').toString('hex')}058000000002`), 'positional, then bitmap');
  const back = dialect.unpack(packed.bytes);
  t.equal(back.ok && back.message.get('62.1'), 'XYZ');
  t.equal(spec.fields['2']?.name, 'PAN & more');
  t.equal(spec.fields['2']?.sensitivity, 'pan');
  t.same(
    notes.map((note) => [note.path, note.construct]),
    [
      ['61', 'MyPackager'],
      ['60', 'MyField'],
      ['2, 35, 52', 'sensitivity'],
    ],
  );
});

t.test('what is not a packager is refused', async (t) => {
  t.throws(() => importJpos('<a/>', 'x'), /isopackager/);
  t.throws(() => importJpos('<isopackager><isofield></isopackager>', 'x'), /closes nothing/);
  t.throws(() => importJpos('', 'x'), /no element/);
  t.throws(() => importMoov([], 'x'), /fields/);
});

t.test('a moov specification becomes a dialect, and what cannot is named', async (t) => {
  const moov = {
    name: 'Example',
    fields: {
      0: { type: 'String', length: 4, description: 'MTI', enc: 'ASCII', prefix: 'ASCII.Fixed' },
      1: { type: 'Bitmap', length: 8, description: 'Bitmap', enc: 'HexToASCII', prefix: 'Hex.Fixed' },
      2: { type: 'String', length: 19, description: 'PAN', enc: 'ASCII', prefix: 'ASCII.LL' },
      3: {
        type: 'Composite',
        length: 6,
        description: 'Processing code',
        prefix: 'ASCII.Fixed',
        tag: { sort: 'StringsByInt' },
        subfields: {
          1: { type: 'String', length: 2, enc: 'ASCII', prefix: 'ASCII.Fixed' },
          2: { type: 'String', length: 2, enc: 'ASCII', prefix: 'ASCII.Fixed' },
          10: { type: 'String', length: 2, enc: 'ASCII', prefix: 'ASCII.Fixed' },
        },
      },
      4: {
        type: 'Numeric',
        length: 12,
        description: 'Amount',
        enc: 'ASCII',
        prefix: 'ASCII.Fixed',
        padding: { type: 'Left', pad: '0' },
      },
      48: {
        type: 'Composite',
        length: 99,
        description: 'Elements',
        prefix: 'ASCII.LLL',
        tag: { length: 2, enc: 'ASCII', padding: { type: 'Left', pad: '0' }, sort: 'StringsByInt' },
        subfields: { 1: { type: 'String', length: 5, enc: 'ASCII', prefix: 'ASCII.LL' } },
      },
      55: {
        type: 'Composite',
        length: 255,
        description: 'Chip',
        prefix: 'ASCII.LLL',
        tag: { enc: 'BerTLVTag', sort: 'StringsByHex' },
        subfields: { '9F02': { type: 'Binary', enc: 'Binary', prefix: 'BerTLV' } },
      },
      60: { type: 'String', length: 9, description: 'Odd', enc: 'UTF16', prefix: 'ASCII.LL' },
    },
  };
  const { spec, notes } = importMoov(moov, 'from-moov');
  const dialect = compileSpec(spec);
  const packed = dialect.pack({
    mti: '0100',
    fields: {
      2: '4111111111111111',
      '3.1': '00',
      '3.2': '10',
      '3.10': '20',
      4: '5',
      '48.01': 'ab',
      '55.9F02': '000000000501',
    },
  });
  if (!packed.ok) throw new Error(JSON.stringify(packed.error));
  t.equal(
    packed.bytes.toString('latin1', 0, 56),
    '010070000000000102001641111111111111110010200000000000050060102ab'.slice(0, 56),
  );
  t.same(
    notes.map((note) => [note.path, note.construct]),
    [
      ['60', 'enc UTF16'],
      ['2', 'sensitivity'],
    ],
  );
});
