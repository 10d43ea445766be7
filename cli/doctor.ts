// card-edge doctor: what is here, what runs, what is missing and what to do about it.
import { existsSync } from 'node:fs';
import { makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { Command } from 'commander';
import { findPkcs11Library } from '../hsm/device/pkcs11.ts';
import { ListLinksRequest } from '../proto/gen/cardedge/gateway/v1/gateway.ts';
import { type ConnectOptions, channelOptions, connect, tlsCredentials, unary, withConnectOptions } from './connect.ts';
import { readInfo, type SystemInfo, stateFolder } from './info.ts';
import { line, printJson, word } from './print.ts';
import { processes, programOf } from './processes.ts';
import { postgresPackage } from './up/postgres-binaries.ts';
import { alive } from './up/proc.ts';

/** One finding. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, and what to do if it is not right. */
  readonly found: string;
}

/** The verb. */
export function doctorCommand(): Command {
  return withConnectOptions(new Command('doctor'))
    .description('look at this machine and the running system; exit code 0 only if all is well')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(options: ConnectOptions & { readonly json?: boolean }): Promise<void> {
  const findings = [...machine(), ...(await running(options))];
  if (options.json === true) printJson(findings);
  else for (const { what, ok, found } of findings) line(`${ok ? 'ok  ' : 'NOT '} ${what.padEnd(22)} ${found}`);
  if (findings.some((finding) => !finding.ok)) process.exitCode = 1;
}

function attempt(what: string, look: () => string): Finding {
  try {
    return { what, ok: true, found: look() };
  } catch (error) {
    return { what, ok: false, found: error instanceof Error ? error.message : 'unknown' };
  }
}

function machine(): Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return [
    {
      what: 'Node.js',
      ok: major > 20 || (major === 20 && minor >= 12),
      found: `${process.version} (20.12 or newer is needed)`,
    },
    attempt('HSM library', () => findPkcs11Library()),
    attempt('embedded PostgreSQL', () => {
      const { native, version } = postgresPackage();
      return `${version} in ${native}`;
    }),
    attempt('programs', () => {
      const missing = (Object.keys(processes) as Array<keyof typeof processes>)
        .map(programOf)
        .filter((path) => !existsSync(path));
      if (missing.length > 0) throw new Error(`${missing.join(', ')} missing: run "make build"`);
      return 'built';
    }),
  ];
}

async function running(options: ConnectOptions): Promise<Finding[]> {
  const stateDir = stateFolder(options.stateDir);
  const info = readInfo(stateDir);
  if (info === undefined)
    return [{ what: 'system', ok: false, found: `nothing was started in ${stateDir}: run "make run"` }];
  const supervisor: Finding = {
    what: 'supervisor',
    ok: alive(info.pid),
    found: alive(info.pid) ? `process ${info.pid}` : `process ${info.pid} is gone: run "make run" again`,
  };
  return [
    supervisor,
    await health('core', info.core, info),
    await health('gateway', info.gateway, info),
    ...(await links(options)),
  ];
}

/** The standard health check (grpc.health.v1): its answer's first field is 1 for SERVING. */
async function health(what: string, address: string, info: SystemInfo): Promise<Finding> {
  const pass = (bytes: Buffer): Buffer => bytes;
  const Health = makeGenericClientConstructor(
    {
      check: {
        path: '/grpc.health.v1.Health/Check',
        requestStream: false,
        responseStream: false,
        requestSerialize: pass,
        requestDeserialize: pass,
        responseSerialize: pass,
        responseDeserialize: pass,
      },
    },
    'health',
  );
  const client = new Health(address, tlsCredentials(info.tls.ops), channelOptions(address));
  try {
    const answer = await new Promise<Buffer | ServiceError>((resolve) => {
      const done = (error: ServiceError | null, bytes?: Buffer): void => resolve(error ?? bytes ?? Buffer.alloc(0));
      client['check']?.(Buffer.alloc(0), { deadline: Date.now() + 5_000 }, done);
    });
    const serving = Buffer.isBuffer(answer) && answer[0] === 8 && answer[1] === 1;
    const found = serving
      ? `serves at ${address}`
      : Buffer.isBuffer(answer)
        ? `does not serve at ${address}`
        : `${address}: ${answer.details}`;
    return { what, ok: serving, found };
  } finally {
    client.close();
  }
}

async function links(options: ConnectOptions): Promise<Finding[]> {
  const connection = connect(options);
  try {
    const answer = await unary(connection, connection.gateway(), 'listLinks', ListLinksRequest.create(), 5_000);
    return answer.links.map((one) => ({
      what: `link ${one.link}`,
      ok: one.state === 'READY',
      found: `${word(one.state)} ${one.cause}`.trim(),
    }));
  } catch (error) {
    return [{ what: 'links', ok: false, found: error instanceof Error ? error.message : 'unknown' }];
  } finally {
    connection.close();
  }
}
