import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ConfigError } from '../common/config.ts';
import { LateAnswer, Outcome } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { loadNetworks, readNetworks } from './networks-config.ts';
import { LateAnswers } from './routing/late-answers.ts';

const tls = { ca: 'ca.crt', cert: 'client.crt', key: 'client.key', serverName: 'simnet.card-edge.test' };
const link = { name: 'simnet-1', host: '127.0.0.1', port: 7000, tls };
const network = {
  network: 'simnet',
  dialect: 'iso87-binary',
  framing: 'binary2',
  acquirerId: '00000000001',
  zpk: 'zpk-simnet',
  links: [link],
};

function faultsOf(json: unknown): readonly string[] {
  try {
    readNetworks(json);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

t.test('a right file, with its defaults', async (t) => {
  const [one] = readNetworks({ networks: [network] });
  t.match(one, { network: 'simnet', acquirerId: '00000000001', zpk: 'zpk-simnet', replyTimeoutMs: 10_000 });
  t.equal(one?.dialect.name, 'iso87-binary');
  t.match(one?.links[0], {
    name: 'simnet-1',
    network: 'simnet',
    target: { host: '127.0.0.1', port: 7000, tls: { ...tls, minVersion: 'TLSv1.2' } },
    echoIntervalMs: 30_000,
    managementTimeoutMs: 10_000,
    inFlightMax: 8192,
  });
  const [plain] = readNetworks({ networks: [{ ...network, links: [{ ...link, tls: false }], replyTimeoutMs: 3_000 }] });
  t.match(plain?.links[0], { target: { tls: false }, managementTimeoutMs: 3_000 });
  const [visa] = readNetworks({
    networks: [{ ...network, framing: 'vml-base1', destinationStation: '654321', sourceStation: '123456' }],
  });
  t.equal(visa?.links[0]?.header.toString('hex'), '16010200006543211234560000000000000000000000');
  const [plainKeys] = readNetworks({ networks: [network] });
  t.equal(plainKeys?.mac, undefined);
  t.equal(plainKeys?.workingKeys, undefined);
  const [keyed] = readNetworks({
    networks: [{ ...network, mac: { key: 'mac-simnet', algorithm: 'retail' }, kbpk: 'kbpk-simnet' }],
  });
  t.same(keyed?.mac, { key: 'mac-simnet', algorithm: 'retail', padding: 1 });
  t.same(keyed?.workingKeys, { kbpk: 'kbpk-simnet', zmk: undefined, overlapMs: 86_400_000 });
  const [nacs] = readNetworks({ networks: [{ ...network, framing: 'tpdu', tpdu: '6000010002' }] });
  t.equal(nacs?.links[0]?.header.toString('hex'), '6000010002');
});

t.test('links that the network connects, and plain TCP by list', async (t) => {
  const peers = ['192.0.2.0/28', '2001:db8::7'];
  const server = { ...link, role: 'server', host: '0.0.0.0', peers, signOn: 'theirs' };
  const [listening] = readNetworks({ networks: [{ ...network, links: [server] }] });
  t.match(listening?.links[0], { target: { host: '0.0.0.0', port: 7000, peers }, signOn: 'theirs' });
  const plain = { ...link, tls: false, host: '192.0.2.1' };
  const [allowed] = readNetworks({ plainAddresses: ['192.0.2.1'], networks: [{ ...network, links: [plain] }] });
  t.match(allowed?.links[0]?.target, { host: '192.0.2.1', tls: false, plainAddresses: ['192.0.2.1'] });
  const plainServer = { ...server, tls: false, peers: ['127.0.0.1', '192.0.2.1'] };
  t.same(faultsOf({ plainAddresses: ['192.0.2.1'], networks: [{ ...network, links: [plainServer] }] }), []);
  const rows: ReadonlyArray<readonly [object, RegExp]> = [
    [{ ...server, role: 'both' }, /links\[0\]\.role must be client \(we connect\) or server/],
    [{ ...server, peers: undefined }, /links\[0\]\.peers must name the addresses/],
    [{ ...server, peers: ['192.0.2.0/33'] }, /links\[0\]\.peers must be a list of addresses or subnets/],
    [{ ...server, peers: ['somewhere'] }, /links\[0\]\.peers must be a list of addresses or subnets/],
    [{ ...server, peers: '192.0.2.1' }, /links\[0\]\.peers must be a list of addresses or subnets/],
    [{ ...server, signOn: 'nobody' }, /links\[0\]\.signOn must be ours \(we sign on\) or theirs/],
    [{ ...link, peers }, /links\[0\]\.peers is not a known setting/],
    [{ ...server, tls: false }, /links\[0\]\.tls may be false only if every peer/],
  ];
  for (const [one, fault] of rows) t.match(faultsOf({ networks: [{ ...network, links: [one] }] }).join('\n'), fault);
  t.match(faultsOf({ plainAddresses: ['a.example'], networks: [network] }).join(), /plainAddresses must be a list of/);
  const both = [server, { ...server, name: 'simnet-2' }];
  t.match(faultsOf({ networks: [{ ...network, links: both }] }).join(), /addresses that differ/);
});

t.test('every fault is named by its path', async (t) => {
  const rows: ReadonlyArray<readonly [unknown, RegExp]> = [
    [null, /networks file must be an object/],
    [{ networks: [] }, /networks file\.networks must be a list/],
    [{ networks: [network], netwroks: 1 }, /networks file\.netwroks is not a known setting/],
    [{ networks: [network, network] }, /names that differ/],
    [{ networks: [{ ...network, network: 'Sim Net' }] }, /networks\[0\]\.network must be a name/],
    [{ networks: [{ ...network, dialect: 'iso2003-binary' }] }, /dialect has no message profile/],
    [{ networks: [{ ...network, dialect: 'iso87-nowhere' }] }, /dialect has no message profile/],
    [{ networks: [{ ...network, mac: { key: 'mac-simnet', algorithm: 'crc32' } }] }, /mac\.algorithm must be cbc/],
    [{ networks: [{ ...network, mac: { key: 'MAC', algorithm: 'cbc' } }] }, /mac\.key must be the name of a key/],
    [{ networks: [{ ...network, kbpk: 7 }] }, /kbpk must be the name of a key/],
    [{ networks: [{ ...network, framing: 'binary9' }] }, /framing must be one of binary2,/],
    [{ networks: [{ ...network, framing: 'tpdu' }] }, /tpdu must be 10 hexadecimal digits/],
    [{ networks: [{ ...network, acquirerId: '123456789012' }] }, /acquirerId must be 1 to 11 digits/],
    [{ networks: [{ ...network, replyTimeoutMs: 90_000 }] }, /replyTimeoutMs must be a whole number from 10 to 60000/],
    [
      { networks: [{ ...network, links: [{ ...link, port: 0 }] }] },
      /networks\[0\]\.links\[0\]\.port must be a whole number from 1/,
    ],
    [
      { networks: [{ ...network, links: [{ ...link, host: '192.0.2.1', tls: false }] }] },
      /tls may be false for a loopback address and for plainAddresses of the file only/,
    ],
    [{ networks: [{ ...network, links: [{ ...link, tls: undefined }] }] }, /links\[0\]\.tls must be an object/],
    [
      { networks: [{ ...network, links: [{ ...link, tls: { ...tls, serverName: '' } }] }] },
      /serverName must be the name/,
    ],
    [
      { networks: [{ ...network, links: [{ ...link, tls: { ...tls, minVersion: 'TLSv1.1' } }] }] },
      /minVersion must be TLSv1\.2 or TLSv1\.3/,
    ],
    [
      { networks: [{ ...network, links: [{ ...link, tls: { ...tls, rejectUnauthorized: false } }] }] },
      /rejectUnauthorized is not a known setting/,
    ],
    [{ networks: [{ ...network, links: [link, link] }] }, /links must have names that differ/],
  ];
  for (const [json, fault] of rows) t.match(faultsOf(json).join('\n'), fault);
  t.equal(
    faultsOf({ networks: [{ ...network, acquirerId: '', framing: 'x y', links: [{ ...link, port: -1, host: 7 }] }] })
      .length,
    4,
    'faults come together',
  );
});

t.test('a file that is not there or not JSON', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'card-edge-networks-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'networks.json');
  t.throws(() => loadNetworks(path), ConfigError);
  writeFileSync(path, '{');
  t.throws(() => loadNetworks(path), ConfigError);
  writeFileSync(path, JSON.stringify({ networks: [network] }));
  t.equal(loadNetworks(path).length, 1);
});

t.test('late answers wait for a stream, the newest within the limit', async (t) => {
  const answers = new LateAnswers(2);
  const answer = (attemptId: string): LateAnswer =>
    LateAnswer.create({ attemptId, outcome: Outcome.create({ attemptId }) });
  for (const name of ['a', 'b', 'c']) answers.add(answer(name));
  t.equal(answers.size, 2);
  t.equal(answers.lostCount, 1);
  const got: string[] = [];
  const sink = { alive: true, late: (one: LateAnswer) => void got.push(one.attemptId) };
  answers.listen(sink);
  t.same(got, ['b', 'c']);
  t.equal(answers.size, 0);
  answers.add(answer('d'));
  t.same(got, ['b', 'c', 'd']);
  sink.alive = false;
  answers.add(answer('e'));
  t.equal(answers.size, 1, 'a dead stream gets nothing');
  answers.leave(sink);
});
