// card-edge up: the whole system on this machine, the story, then stays up.
import { Command } from 'commander';
import { describeSettings } from '../common/config.ts';
import { stateFolder } from './info.ts';
import { line } from './print.ts';
import { readUpSettings, settingFaults, type UpValues, upSettings } from './up/settings.ts';
import { playStory, type StoryResult } from './up/story.ts';
import { type System, type SystemEvent, startSystem } from './up/system.ts';

const about = `
Starts PostgreSQL, the HSM device on SoftHSM tokens, a network simulator, the acquirer gateway and the core, plays a short story
of payments through all of them, and stays up until Ctrl-C. State lies in .card-edge: a second start keeps it.

Settings (environment):
${describeSettings(upSettings)}`;

/** The verb. */
export function upCommand(): Command {
  return new Command('up')
    .description('run the whole system on this machine (make run)')
    .option('--once', 'end after the story; exit code 0 only if every step held')
    .option('--no-story', 'start without the story')
    .addHelpText('after', about)
    .action(run);
}

async function run(options: { readonly once?: boolean; readonly story: boolean }): Promise<void> {
  const faults = settingFaults(process.env);
  // With a fault in the settings the defaults stand in for them, only so that the machine's faults are reported with them.
  const values = readUpSettings(faults.length === 0 ? process.env : {});
  const once = options.once === true || values.once;
  const stateDir = stateFolder(values.stateDir === '' ? undefined : values.stateDir);
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve('interrupted'));
  });
  let silent = false;
  void interrupted.then(() => {
    silent = true; // a story that is cut short has nothing more to say
  });
  const tell = (text: string): void => {
    if (!silent) line(text);
  };
  const startedMs = performance.now();
  line(`card-edge starts; its state is in ${stateDir}`);
  const system = await startSystem({ ...systemOptions(values, stateDir), faults, onEvent: tellEvent });
  try {
    line(`ready after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
    const story = options.story ? await Promise.race([playStory(system.info, stateDir, tell), interrupted]) : undefined;
    if (story === 'interrupted') return;
    if (story !== undefined) tellEnd(story);
    if (once) {
      if (story === undefined || story.failed.length > 0) process.exitCode = 1;
      return;
    }
    tellEndpoints(system);
    await interrupted;
  } finally {
    line('');
    line('card-edge stops');
    await system.stop();
    line('stopped in order');
  }
}

function systemOptions(values: UpValues, stateDir: string): Parameters<typeof startSystem>[0] {
  return {
    stateDir,
    databaseUrl: values.databaseUrl,
    logLevel: values.logLevel,
    replyTimeoutMs: values.replyTimeoutMs,
    links: values.links,
    mac: values.mac,
    networks: values.networks,
    ports: {
      core: values.corePort,
      gateway: values.gatewayPort,
      simulator: values.simulatorPort,
      ...(values.databaseUrl === '' ? { postgres: values.postgresPort } : {}),
      coreMetrics: values.coreMetricsPort,
      gatewayMetrics: values.gatewayMetricsPort,
    },
  };
}

function tellEvent(event: SystemEvent): void {
  if (event.event === 'ready') line(`  ${event.name.padEnd(12)} serves (process ${event.pid})`);
  else line(`  ${event.name.padEnd(12)} ended (${event.cause ?? 'no cause'})`);
}

function tellEnd(story: StoryResult): void {
  line('');
  if (story.failed.length === 0) {
    line(`Every step held: ${story.checked} checks.`);
    return;
  }
  line(`${story.failed.length} of ${story.checked} checks did not hold:`);
  for (const failed of story.failed) line(`  ${failed}`);
}

function tellEndpoints(system: System): void {
  const { info, addresses, folder } = system;
  const { ca, cert, key } = info.tls.ops;
  const verb = process.argv[1]?.endsWith('main.js') === true ? 'node dist/cli/main.js' : 'card-edge';
  line('');
  line('Endpoints');
  line(`  core (gRPC, mutual TLS)        ${addresses.core}`);
  line(`  gateway (gRPC, mutual TLS)     ${addresses.gateway}`);
  line(`  simnet (ISO 8583, mutual TLS)  ${addresses.simulator}`);
  line(`  metrics and health (HTTP)      ${addresses.coreMetrics} ${addresses.gatewayMetrics}`);
  line(`  logs                           ${folder.logs}`);
  line('');
  line('Pay by hand');
  line(`  ${verb} pay 12.34 EUR`);
  line(`  ${verb} pay 20.00 EUR --pin 1234`);
  line(`  ${verb} intent list`);
  line(
    `  grpcurl -cacert ${ca} -cert ${cert} -key ${key} -d '{"merchant_id":"${info.demo.merchantId}","idempotency_key":"by-hand-1","amount":{"amount_minor":1234,"currency":"EUR"}}' ${addresses.core} cardedge.core.v1.PaymentService/CreateIntent`,
  );
  line('');
  line('Ctrl-C stops everything in order.');
}
