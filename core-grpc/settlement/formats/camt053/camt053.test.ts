import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { projectPath } from '../../../../common/root.ts';
import { detectFormat } from '../detect.ts';
import { Camt053Reader, minorOf } from './reader.ts';

const entry = (amount: string, sign: string, more = ''): string =>
  `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${sign}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-02</Dt></BookgDt>${more}</Ntry>`;
const balance = (type: string, amount: string): string =>
  `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-02</Dt></Dt></Bal>`;
const document = (inside: string): Buffer =>
  Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<!-- a comment -->\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-03T01:00:00Z</CreDtTm></GrpHdr><Stmt><Id>S1</Id><Acct><Id><IBAN>DE02</IBAN></Id></Acct>${inside}</Stmt></BkToCstmrStmt></Document>\n`,
  );

function read(file: Buffer, pieceBytes = file.length || 1): Camt053Reader {
  const reader = new Camt053Reader();
  for (let at = 0; at < file.length; at += pieceBytes) reader.push(file.subarray(at, at + pieceBytes));
  reader.end();
  return reader;
}

const details =
  '<NtryDtls><TxDtls><Refs><EndToEndId>PO-1 &amp; 2</EndToEndId></Refs><RmtInf><Ustrd>Größe &#x20AC;</Ustrd><Ustrd><![CDATA[<raw>]]></Ustrd></RmtInf></TxDtls></NtryDtls>';
const right = document(
  balance('OPBD', '100.00') + balance('CLBD', '112.50') + entry('20.00', 'CRDT', details) + entry('7.5', 'DBIT'),
);

t.test('reads a statement, however it is cut', async (t) => {
  const whole = read(right);
  t.same(whole.problems.describe('f'), []);
  t.equal(detectFormat(right)?.name, 'camt.053');
  t.match(whole.statements, [
    {
      id: 'S1',
      iban: 'DE02',
      entries: [
        { amount: '20.00', sign: 'CRDT', details: [{ endToEndId: 'PO-1 & 2', remittance: ['Größe €', '<raw>'] }] },
        { amount: '7.5' },
      ],
    },
  ]); // prettier-ignore
  t.same([...whole.summary.net], [['EUR', 1250n]]);
  for (let size = 1; size < 60; size += 1) t.same(read(right, size).statements, whole.statements, `pieces of ${size}`);
});

const malformed: ReadonlyArray<readonly [string, Buffer, RegExp]> = [
  [
    'balances that do not agree',
    document(balance('OPBD', '1.00') + balance('CLBD', '3.00') + entry('1.00', 'CRDT')),
    /record 1, byte \d+, field Bal: opening and entries give 200, closing says 300/,
  ],
  ['an amount with too many decimals', document(entry('1.001', 'CRDT')), /record 1, byte \d+, field Ntry\/Amt/],
  ['no sign', document(entry('1.00', '')), /field Ntry\/CdtDbtInd: must be CRDT or DBIT/],
  ['cut', right.subarray(0, right.length - 40), /ends inside <Document>|ends inside/],
  ['a wrong nesting', Buffer.from(right.toString().replace('</Acct>', '</Act>')), /closes <Act>, open is <Acct>/],
  [
    'a document type',
    Buffer.from(`<!DOCTYPE x [<!ENTITY a "b">]>${right.toString().slice(38)}`),
    /document type, which is refused/,
  ],
  ['an unknown entity', document('<A>&bomb;</A>'), /has an entity that is not one of XML/],
  ['too deep', document('<a>'.repeat(200)), /nested deeper/],
  ['empty', Buffer.alloc(0), /has no element/],
]; // prettier-ignore

t.test('says what is wrong and where', async (t) => {
  for (const [name, file, expected] of malformed) {
    for (const size of [file.length || 1, 9]) t.match(read(file, size).problems.describe('f')[0] ?? '', expected, name);
  }
});

t.test('garbage never throws', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(right.length - 1), fc.nat(255)), { maxLength: 6 }),
      fc.integer({ min: 1, max: 700 }),
      (changes, size) => {
        const file = Buffer.from(right);
        for (const [at, byte] of changes) file[at] = byte;
        read(file, size);
      },
    ),
    { numRuns: 2000, verbose: 1 },
  );
  t.pass('2000 documents');
});

t.test('decimals', async (t) => {
  for (const [text, currency, minor] of [
    ['18.150', 'EUR', 1815n],
    ['2700', 'JPY', 2700n],
    ['1.5', 'JPY', undefined],
    ['1', 'XXX', undefined],
    ['-1', 'EUR', undefined],
    ['1.', 'EUR', 100n],
  ] as const) {
    t.equal(minorOf(text, currency), minor, `${text} ${currency}`);
  } // prettier-ignore
});

// ---- what others made ----

const folder = join(process.env['CARD_EDGE_VECTORS'] ?? projectPath('..', 'shared', 'vectors'), 'camt053');

t.test('foreign vectors', { skip: existsSync(folder) ? false : 'skipped: no foreign vectors' }, async (t) => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.xml'));
  for (const name of names) {
    const wanted = JSON.parse(readFileSync(join(folder, name.replace('.xml', '.expected.json')), 'utf8')) as unknown;
    t.same(asExpected(read(readFileSync(join(folder, name)), 333)), wanted, name);
  }
  t.equal(names.length, 5);
});

/** The same facts in the words of the vectors. */
function asExpected(reader: Camt053Reader): unknown {
  const or = (text: string): string | null => (text === '' ? null : text);
  return {
    namespace: `urn:iso:std:iso:20022:tech:xsd:camt.053.001.${reader.version}`,
    message_id: reader.messageId,
    created: reader.created,
    statements: reader.statements.map((s) => ({
      id: s.id,
      created: s.created,
      iban: or(s.iban),
      other_id: or(s.otherId),
      balances: s.balances.map((b) => ({
        type: b.type,
        amount: b.amount,
        currency: b.currency,
        cd: b.sign,
        date: b.date,
      })),
      entries: s.entries.map((e) => ({
        ref: or(e.reference),
        amount: e.amount,
        currency: e.currency,
        cd: e.sign,
        status: or(e.status),
        reversal: or(e.reversal),
        booking: or(e.booked),
        value: or(e.valued),
        acct_svcr_ref: or(e.accountServicerReference),
        bank_tx_domain: or(e.domain),
        bank_tx_family: or(e.family),
        bank_tx_subfamily: or(e.subFamily),
        proprietary: or(e.proprietary),
        details: e.details.map((d) => ({
          end_to_end_id: or(d.endToEndId),
          acct_svcr_ref: or(d.accountServicerReference),
          tx_id: or(d.transactionId),
          ustrd: d.remittance,
        })),
      })),
    })),
  };
}
