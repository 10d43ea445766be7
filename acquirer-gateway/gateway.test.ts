// The whole gateway over gRPC and mutual TLS against a host that does as it is told.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { type ClientDuplexStream, credentials, Metadata, status } from '@grpc/grpc-js';
import t from 'tap';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import {
  GatewayService,
  type LateAnswer,
  type LinkStatus,
  type Outcome,
  type OutcomeBatch,
  ReconcileRequest,
  type Submission,
  type SubmitBatch,
  type TraceRecord,
} from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { makeClient, type ServiceClient } from '../proto/service.ts';
import { makePki, type Pki, simnetServerName } from '../simulators/pki.ts';
import { loadDialect } from './iso8583/index.ts';
import { type RunningGateway, runGateway } from './main.ts';
import type { HostRequest } from './testing.ts';
import { answerTo, eventually, FakeHsm, linkOptionsOf, networkOptionsOf, submissionOf, TestHost } from './testing.ts';

type Client = ServiceClient<typeof GatewayService>;

const folder = mkdtempSync(join(tmpdir(), 'card-edge-gateway-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const pki: Pki = makePki(folder);

function clientAs(address: string, identity: 'core' | 'checkout' | 'ops'): Client {
  const files = pki.services.certificates[identity];
  const creds = credentials.createSsl(readFileSync(pki.services.ca), readFileSync(files.key), readFileSync(files.cert));
  return makeClient(GatewayService, address, creds);
}

/** A Submit stream of a core. */
class Core {
  readonly outcomes: Outcome[] = [];
  readonly late: LateAnswer[] = [];
  readonly stream: ClientDuplexStream<SubmitBatch, OutcomeBatch>;
  ended: number | undefined = undefined;

  constructor(client: Client) {
    this.stream = client.submit();
    this.stream.on('data', (batch: OutcomeBatch) => {
      this.outcomes.push(...batch.outcomes);
      this.late.push(...batch.lateAnswers);
    });
    this.stream.on('error', (error: Error & { code?: number }) => {
      this.ended = error.code;
    });
  }

  submit(...submissions: readonly Submission[]): void {
    this.stream.write({ submissions: [...submissions] });
  }

  async until(outcomes: number, late = 0): Promise<void> {
    await eventually(() => this.outcomes.length >= outcomes && this.late.length >= late, systemClock);
  }
}

interface Bed {
  readonly host: TestHost;
  readonly hsm: FakeHsm;
  readonly running: RunningGateway;
  readonly client: Client;
  readonly core: Core;
}

/** A gateway with one mTLS link to a test host, ready. */
async function bed(replyTimeoutMs = 10_000): Promise<Bed> {
  const { ca, certificates } = pki.simnet;
  const host = await new TestHost({ tls: { ca, ...certificates.server } }).listen();
  const target = {
    host: '127.0.0.1',
    port: host.port,
    tls: { ca, ...certificates.client, serverName: simnetServerName, minVersion: 'TLSv1.2' as const },
  };
  const hsm = new FakeHsm();
  const running = await runGateway(
    {
      listen: '127.0.0.1:0',
      tls: { ca: pki.services.ca, ...pki.services.certificates.gateway },
      networks: [networkOptionsOf([linkOptionsOf(host.port, { target })], { replyTimeoutMs })],
      callers: { clients: new Set(['core']), operators: new Set(['ops']) },
      metricsListen: '127.0.0.1:0',
      traceMessages: 10,
    },
    { hsm, log: silentLog },
  );
  const client = clientAs(running.address, 'core');
  await eventually(() => running.gateway.links('')[0]?.state === 'ready', systemClock);
  return { host, hsm, running, client, core: new Core(client) };
}

async function close({ host, running, client, core }: Bed): Promise<void> {
  core.stream.end();
  await running.stop();
  client.close();
  await host.close();
}

function linkOf(one: Bed): LinkStatus {
  return one.running.gateway.links('')[0]?.status() as LinkStatus;
}

t.test('an approval carries what the network said', async (t) => {
  const one = await bed();
  one.host.script = ({ message, connection }) => connection.send(answerTo(message, { '44': 'YM' }));
  one.core.submit(submissionOf(1));
  await one.core.until(1);
  const [outcome] = one.core.outcomes;
  t.match(outcome, {
    attemptId: 'at_1',
    submissionNumber: 1,
    outcome: 'APPROVED',
    reason: 'UNSPECIFIED',
    responseCode: '00',
    authorizationCode: 'A12345',
    networkReference: 'S00000000000001',
    settlementDate: '1122',
    avsResult: 'Y',
    cvv2Result: 'M',
    link: 'simnet-1',
    approvedMinor: undefined,
  });
  t.ok(
    outcome !== undefined && outcome.sentAtUs > 0n && outcome.answeredAtUs >= outcome.sentAtUs,
    'it was sent before it was answered',
  );
  t.equal(one.host.seen.length, 1);
  await close(one);
});

t.test('a batch is answered in any order, each by its own outcome', async (t) => {
  const one = await bed();
  const held: HostRequest[] = [];
  one.host.script = (request) => {
    held.push(request);
    if (held.length < 200) return;
    for (const { message, connection } of held.reverse()) {
      const stan = Number(message.get('11'));
      connection.send(answerTo(message, stan % 2 === 0 ? {} : { '39': stan % 3 === 0 ? '51' : '05', '38': undefined }));
    }
  };
  one.core.submit(...Array.from({ length: 200 }, (_, index) => submissionOf(index + 1)));
  await one.core.until(200);
  const wrong = one.core.outcomes.filter(({ attemptId, outcome, reason }) => {
    const n = Number(attemptId.slice(3));
    if (n % 2 === 0) return outcome !== 'APPROVED';
    return outcome !== 'DECLINED' || reason !== (n % 3 === 0 ? 'INSUFFICIENT_FUNDS' : 'DO_NOT_HONOR');
  });
  t.same(wrong, []);
  t.equal(new Set(one.core.outcomes.map((outcome) => outcome.attemptId)).size, 200);
  t.equal(one.hsm.calls, 1, 'one HSM call for the batch');
  await close(one);
});

t.test('a time-out is unknown; its late answer is delivered as evidence, a second one as a duplicate', async (t) => {
  const one = await bed(100);
  let held: HostRequest | undefined;
  one.host.script = (request) => {
    held = request;
  };
  one.core.submit(submissionOf(7));
  await one.core.until(1);
  t.match(one.core.outcomes[0], { outcome: 'UNKNOWN', reason: 'TIMEOUT', attemptId: 'at_7', answeredAtUs: 0n });
  held?.connection.send(answerTo(held.message), answerTo(held.message));
  await one.core.until(1, 2);
  t.match(one.core.late[0], {
    attemptId: 'at_7',
    submissionNumber: 1,
    duplicate: false,
    mti: '0210',
    outcome: { outcome: 'APPROVED', authorizationCode: 'A12345' },
  });
  t.match(one.core.late[1], { attemptId: 'at_7', duplicate: true });
  t.match(linkOf(one), { timeouts: 1n, late: 1n, duplicates: 1n, unmatched: 0n, inFlight: 0 });
  await close(one);
});

t.test('a reset after the write is unknown; the link comes back by itself', async (t) => {
  const one = await bed();
  one.host.script = ({ connection }) => connection.reset();
  one.core.submit(submissionOf(1), submissionOf(2));
  await one.core.until(2);
  for (const outcome of one.core.outcomes) t.match(outcome, { outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  one.host.script = ({ message, connection }) => connection.send(answerTo(message));
  await eventually(() => linkOf(one).state === 'READY', systemClock);
  one.core.submit(submissionOf(3));
  await one.core.until(3);
  t.equal(one.core.outcomes[2]?.outcome, 'APPROVED');
  await close(one);
});

t.test('without a ready link nothing is sent and no work is done', async (t) => {
  const one = await bed();
  await one.host.close();
  await eventually(() => linkOf(one).state !== 'READY', systemClock);
  const calls = one.hsm.calls;
  one.core.submit(submissionOf(1));
  await one.core.until(1);
  t.match(one.core.outcomes[0], { outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE', sentAtUs: 0n });
  t.equal(one.hsm.calls, calls, 'the HSM was not asked');
  await close(one);
});

t.test('a live key is refused; a request is never sent twice, an advice is', async (t) => {
  const one = await bed(1_000);
  one.host.script = () => {};
  one.core.submit(submissionOf(5), submissionOf(5, { attemptId: 'at_other' }));
  await one.core.until(1);
  t.match(one.core.outcomes[0], { attemptId: 'at_other', outcome: 'NOT_SENT', reason: 'DUPLICATE_KEY' });
  await one.core.until(2);
  t.match(one.core.outcomes[1], { attemptId: 'at_5', outcome: 'UNKNOWN', reason: 'TIMEOUT' });
  one.core.submit(submissionOf(5, { submissionNumber: 2 }));
  await one.core.until(3);
  t.match(one.core.outcomes[2], { submissionNumber: 2, outcome: 'NOT_SENT', reason: 'DUPLICATE_KEY' });
  t.equal(one.host.seen.length, 1);

  const original = {
    mti: '0200',
    stan: '000005',
    transmissionTime: '1122090000',
    rrn: '632612000005',
    authorizationCode: '',
    networkReference: '',
    purpose: 'PURCHASE' as const,
  };
  const reversal = submissionOf(6, { attemptId: 'at_5', purpose: 'REVERSAL', original, reversalReason: 'TIMEOUT' });
  one.core.submit(reversal);
  await one.core.until(4);
  t.match(one.core.outcomes[3], { outcome: 'UNKNOWN', reason: 'TIMEOUT' });
  one.host.script = ({ message, connection }) => connection.send(answerTo(message));
  one.core.submit({ ...reversal, submissionNumber: 2, repeat: true });
  await one.core.until(5);
  t.match(one.core.outcomes[4], { submissionNumber: 2, outcome: 'APPROVED', responseCode: '00' });
  t.same(
    one.host.seen.map((seen) => seen.slice(0, 4)),
    ['0200', '0420', '0421'],
  );
  await close(one);
});

t.test('an answer that contradicts its request is unknown, and the true one still counts', async (t) => {
  const one = await bed();
  one.host.script = ({ message, connection }) => {
    connection.send(answerTo(message, { '4': '000000009999' }));
    connection.send(answerTo(message));
  };
  one.core.submit(submissionOf(1));
  await one.core.until(1, 1);
  t.match(one.core.outcomes[0], { outcome: 'UNKNOWN', reason: 'INVALID_ANSWER', responseCode: '00' });
  t.match(one.core.late[0], { attemptId: 'at_1', duplicate: false, outcome: { outcome: 'APPROVED' } });
  await close(one);
});

t.test('an answer that matches nothing is counted, kept and delivered without a name', async (t) => {
  const one = await bed(100);
  one.host.script = ({ message, connection }) => connection.send(answerTo(message, { '11': '999999' }));
  one.core.submit(submissionOf(1));
  await one.core.until(1, 1);
  t.match(one.core.outcomes[0], { outcome: 'UNKNOWN', reason: 'TIMEOUT' });
  t.match(one.core.late[0], { attemptId: '', mti: '0210', duplicate: false });
  t.equal(linkOf(one).unmatched, 1n);
  await close(one);
});

t.test('what the HSM cannot do was not sent', async (t) => {
  const one = await bed();
  one.hsm.failure = 'unavailable';
  one.core.submit(submissionOf(1));
  await one.core.until(1);
  t.match(one.core.outcomes[0], { outcome: 'NOT_SENT', reason: 'HSM_UNAVAILABLE' });
  one.hsm.failure = 'authentication_failed';
  one.core.submit(submissionOf(2));
  await one.core.until(2);
  t.match(one.core.outcomes[1], { outcome: 'NOT_SENT', reason: 'UNBUILDABLE' });
  one.hsm.failure = undefined;
  const pin = {
    block: Buffer.from('0102030405060708', 'hex'),
    format: 'ISO_0' as const,
    keyRef: 'tpk-1',
    scheme: 'UNSPECIFIED' as const,
    ksn: Buffer.alloc(0),
  };
  let sent: string | undefined;
  one.host.script = ({ message, connection }) => {
    sent = message.get('52');
    connection.send(answerTo(message));
  };
  one.core.submit(submissionOf(3, { pin, entryMode: 'CHIP' }));
  await one.core.until(3);
  t.equal(one.core.outcomes[2]?.outcome, 'APPROVED');
  t.equal(sent, '0807060504030201', 'the block as the HSM translated it');
  t.same(one.hsm.pins, ['tpk-1>zpk-simnet']);
  t.same(one.host.seen.length, 1);
  await close(one);
});

t.test(
  'a stream that dies: its outcomes are dropped, what the network says later goes to the next stream',
  async (t) => {
    const one = await bed();
    const held: HostRequest[] = [];
    one.host.script = (request) => void held.push(request);
    one.core.submit(submissionOf(1));
    await eventually(() => held.length === 1, systemClock);
    one.core.stream.cancel();
    // The core knows at once that it has ended the stream, the gateway when it hears of it.
    await eventually(() => one.running.gateway.lateAnswers.listening === 0, systemClock);
    t.equal(one.core.ended, status.CANCELLED);
    t.equal(one.running.gateway.inFlight, 1);
    const [first] = held;
    first?.connection.send(answerTo(first.message));
    await eventually(() => one.running.gateway.lateAnswers.size === 1, systemClock);
    const next = new Core(one.client);
    await next.until(0, 1);
    t.match(next.late[0], {
      attemptId: 'at_1',
      submissionNumber: 1,
      duplicate: false,
      outcome: { outcome: 'APPROVED' },
    });
    t.same(next.outcomes, []);
    next.stream.end();
    await close(one);
  },
);

t.test('a stop waits for answers, and calls what has none unknown', async (t) => {
  const one = await bed(30_000);
  const held: HostRequest[] = [];
  one.host.script = (request) => void held.push(request);
  one.core.submit(submissionOf(1), submissionOf(2));
  await eventually(() => held.length === 2, systemClock);
  const stopped = one.running.stop(300);
  await eventually(() => linkOf(one).state === 'DRAINING', systemClock);
  one.core.submit(submissionOf(3));
  await one.core.until(1);
  t.match(one.core.outcomes[0], { attemptId: 'at_3', outcome: 'NOT_SENT', reason: 'LINK_UNAVAILABLE' });
  const [first] = held;
  first?.connection.send(answerTo(first.message));
  await one.core.until(2);
  t.match(one.core.outcomes[1], { attemptId: 'at_1', outcome: 'APPROVED' });
  await stopped;
  await one.core.until(3);
  t.match(one.core.outcomes[2], { attemptId: 'at_2', outcome: 'UNKNOWN', reason: 'LINK_LOST' });
  one.client.close();
  await one.host.close();
});

t.test('certificates are exchanged without dropping a stream', async (t) => {
  const one = await bed();
  const { gateway, core } = pki.services.certificates;
  const serialOf = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const [host, port] = one.running.address.split(':');
      const options = {
        ca: readFileSync(pki.services.ca),
        cert: readFileSync(core.cert),
        key: readFileSync(core.key),
        ALPNProtocols: ['h2'],
      };
      const socket = connectTls({ host, port: Number(port), servername: 'localhost', ...options }, () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      });
      socket.on('error', reject);
    });
  const before = await serialOf();
  const [cert, key] = [readFileSync(gateway.cert), readFileSync(gateway.key)];
  writeFileSync(gateway.key, readFileSync(core.key));
  t.throws(() => one.running.reload(), /does not belong/, 'half of a rotation does not take effect');
  t.equal(await serialOf(), before);
  rmSync(gateway.cert);
  makePki(folder);
  one.running.reload();
  t.not(await serialOf(), before);
  one.core.submit(submissionOf(1));
  await one.core.until(1);
  t.equal(one.core.outcomes[0]?.outcome, 'APPROVED', 'the stream from before goes on');
  writeFileSync(gateway.cert, cert);
  writeFileSync(gateway.key, key);
  await close(one);
});

t.test('only the core submits; operators see and control links; others do nothing', async (t) => {
  const one = await bed();
  const ops = clientAs(one.running.address, 'ops');
  const checkout = clientAs(one.running.address, 'checkout');
  const codeOf = (run: (done: (error: { code: number } | null) => void) => void): Promise<number> =>
    new Promise((resolve) => run((error) => resolve(error?.code ?? status.OK)));
  t.equal(await codeOf((done) => ops.submitOne(submissionOf(1), new Metadata(), {}, done)), status.PERMISSION_DENIED);
  t.equal(
    await codeOf((done) => checkout.listLinks({ network: '' }, new Metadata(), {}, done)),
    status.PERMISSION_DENIED,
  );
  // Totals move no money: operators may compare them. Here only the network is not known.
  const totals = ReconcileRequest.create({ network: 'othernet' });
  t.equal(await codeOf((done) => ops.reconcile(totals, new Metadata(), {}, done)), status.NOT_FOUND);
  t.equal(await codeOf((done) => checkout.reconcile(totals, new Metadata(), {}, done)), status.PERMISSION_DENIED);
  const denied = new Core(ops);
  await eventually(() => denied.ended !== undefined, systemClock);
  t.equal(denied.ended, status.PERMISSION_DENIED);

  const states: string[] = [];
  const watching = ops.watchLinks({ network: 'simnet' });
  watching.on('data', (changed: LinkStatus) => states.push(changed.state));
  watching.on('error', () => {});
  await eventually(() => states.length === 1, systemClock);
  const control = (action: 'ECHO' | 'DRAIN' | 'CONNECT'): Promise<LinkStatus> =>
    new Promise((resolve, reject) => {
      ops.controlLink({ network: 'simnet', link: 'simnet-1', action }, new Metadata(), {}, (error, answer) =>
        answer === undefined ? reject(error ?? new Error('no answer')) : resolve(answer),
      );
    });
  t.equal((await control('ECHO')).state, 'READY');
  await control('DRAIN');
  await eventually(() => linkOf(one).state === 'DOWN', systemClock);
  await control('CONNECT');
  await eventually(() => linkOf(one).state === 'READY', systemClock);
  await eventually(() => states.length === 7, systemClock);
  t.same(states, ['READY', 'DRAINING', 'DOWN', 'CONNECTING', 'TLS', 'SIGNING_ON', 'READY']);
  t.same(one.host.managed, ['001', '301', '002', '001']);
  watching.cancel();
  ops.close();
  checkout.close();
  await close(one);
});

t.test('one submission by itself, and what operators read of it', async (t) => {
  const one = await bed();
  const outcome = await new Promise<Outcome | undefined>((resolve) =>
    one.client.submitOne(submissionOf(1), new Metadata(), {}, (_error, answer) => resolve(answer)),
  );
  t.equal(outcome?.outcome, 'APPROVED');
  const metrics = await (await fetch(`http://${one.running.metricsAddress}/metrics`)).text();
  t.match(metrics, /card_edge_link_sent_total\{network="simnet",link="simnet-1"\} 1/);
  t.match(metrics, /card_edge_link_round_trip_seconds_count\{network="simnet",link="simnet-1"\} 1/);
  t.match(metrics, /card_edge_link_state\{network="simnet",link="simnet-1",state="ready"\} 1/);
  t.match(metrics, /card_edge_link_responses_total\{network="simnet",link="simnet-1",code="00"\} 1/);
  t.equal((await fetch(`http://${one.running.metricsAddress}/health/ready`)).status, 200);
  await close(one);
});

t.test('the wire trace: masked, by link, followed by who asks', async (t) => {
  const one = await bed();
  const records: TraceRecord[] = [];
  const call = one.client.traceLinks({ network: 'simnet', link: 'simnet-1', follow: true });
  call.on('data', (record: TraceRecord) => records.push(record));
  call.on('error', () => undefined);
  await eventually(() => records.length === 2, systemClock);
  one.core.submit(submissionOf(1));
  await one.core.until(1);
  await eventually(() => records.length === 4, systemClock);
  t.same(
    records.map(({ direction }) => direction),
    ['SENT', 'RECEIVED', 'SENT', 'RECEIVED'],
  );
  const dialect = loadDialect('iso87-binary');
  const read = records.map(({ message }) => dialect.unpack(message));
  t.same(
    read.map((unpacked) => unpacked.ok && unpacked.message.mti),
    ['0800', '0810', '0200', '0210'],
  );
  const request = read[2];
  t.equal(request?.ok === true && request.message.get('2'), '4111110000001111');
  t.notOk(records.some(({ message }) => message.includes(Buffer.from('4111111111111111', 'hex'))));
  call.cancel();
  const again: TraceRecord[] = [];
  const past = one.client.traceLinks({ network: '', link: '', follow: false });
  past.on('data', (record: TraceRecord) => again.push(record));
  await new Promise((resolve) => past.on('end', resolve));
  t.same(again, records);
  await close(one);
});
