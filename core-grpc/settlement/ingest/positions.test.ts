// Files that state what they come to: the net of a load, the ledger's clearing account and the network's word, side by side.
import t from 'tap';
import { wholeFile } from '../../../simulators/settlement/formats.ts';
import { dayRecords } from '../../../simulators/settlement/testing.ts';
import { testDatabase } from '../../../test/support/database.ts';
import { listPositions } from '../report/positions.ts';
import { eprawSample } from '../testing.ts';
import { settlementDatabase } from '../testing-store.ts';
import { loadFile } from './load.ts';

async function store() {
  const { url } = await testDatabase(t);
  const { pool, clock } = await settlementDatabase(url);
  t.teardown(async () => await pool.end());
  const load = async (file: Buffer, network: string, currency = '') =>
    await loadFile(
      {
        fileName: 'f',
        network,
        dryRun: false,
        currency,
        pieces: (async function* () {
          yield file;
        })(),
      },
      { pool, clock },
    ); // prettier-ignore
  return { pool, load };
}

const opened = store();

/** The simulator's CTF with a TC46 of this net before the trailer of its batch. */
function ctfWith(netMinor: bigint, sequence: string): Buffer {
  const cutOver = { fileId: `NET-${sequence}`, settlementDate: '2026-01-03', createdMs: 0, faults: [] };
  const lines = wholeFile('ctf', cutOver, dayRecords()).toString('latin1').split('\n').slice(0, -1);
  const put = (text: string, start: number, value: string): string =>
    text.slice(0, start - 1) + value + text.slice(start - 1 + value.length);
  const digits = (minor: bigint): string => String(minor).padStart(15, '0');
  let position = '4600'.padEnd(168);
  for (const [start, value] of [
    [17, '1000000001'],
    [37, '1000000001'],
    [50, '978'],
    [59, 'V2110'],
    [94, 'T9'],
    [111, digits(netMinor > 0n ? netMinor : 0n)],
    [126, digits(netMinor < 0n ? -netMinor : 0n)],
    [141, digits(netMinor < 0n ? -netMinor : netMinor)],
    [156, netMinor < 0n ? 'DB' : 'CR'],
  ] as const)
    position = put(position, start, value);
  const counted = lines.slice(-2).map((text) => {
    const more = (one: string, start: number, length: number): string =>
      put(one, start, String(Number(one.slice(start - 1, start - 1 + length)) + 1).padStart(length, '0'));
    return more(more(text, 49, 12), 75, 9);
  });
  return Buffer.from([...lines.slice(0, -2), position, ...counted].map((line) => `${line}\n`).join(''), 'latin1');
}

t.test('BASE II: a whole currency over all services', async (t) => {
  const { pool, load } = await opened;
  const dry = await load(ctfWith(1n, '000001'), 'visa-one');
  t.equal(dry.state, 'LOADED', dry.problems.join('; '));
  const net = dry.summary.net.get('EUR') ?? 0n;
  t.match((await listPositions(pool, dry.fileId as Buffer)).positions.at(-1), {
    service: '*',
    net: { amountMinor: net, currency: 'EUR' },
    booked: { amountMinor: net },
    stated: { amountMinor: 1n },
    agrees: false,
  });
  const right = await load(ctfWith(net, '000002'), 'visa-two');
  const { positions } = await listPositions(pool, right.fileId as Buffer);
  t.match(positions.at(-1), { service: '*', stated: { amountMinor: net }, agrees: true, paid: false });
  t.match(positions[0], { service: '9', agrees: true }, 'the services of its lines come first');
});

t.test('EPRAW: submissions are accounted for, the net is what is paid', async (t) => {
  const { pool, load } = await opened;
  t.match(await load(eprawSample(), 'amex'), {
    state: 'QUARANTINED',
    problems: ['f: whole file, field currency: the format names no currency: give it with --currency, e.g. USD'],
  });
  const file = await load(eprawSample(), 'amex', 'USD');
  t.match(file, { state: 'LOADED', format: 'amex-epraw', matched: 2, exceptions: 3 });
  t.match((await listPositions(pool, file.fileId as Buffer)).positions, [
    { service: '', net: { amountMinor: 9_131n, currency: 'USD' }, booked: { amountMinor: 9_131n }, agrees: true },
  ]);
  t.match(await load(eprawSample(), 'amex', 'USD'), { state: 'ALREADY_LOADED' });
});
