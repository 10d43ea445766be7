// The simulator process: a network host with an issuer behind it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDialect } from '../acquirer-gateway/iso8583/load.ts';
import { systemClock } from '../common/clock.ts';
import { ConfigError, choice, integer, readConfig, type Setting, text } from '../common/config.ts';
import { logLevels, makeLog } from '../common/log.ts';
import { connectHsm } from '../hsm/client.ts';
import { developmentKeys, HsmCardChecks } from './issuer/checks.ts';
import type { NetworkDeps } from './network.ts';
import { hostDialectNames } from './network-host/dialects/index.ts';
import { HsmNetworkKeys, type NetworkKeyNames } from './network-host/keys.ts';
import { loadListedNetworks, readMac } from './networks-file.ts';
import { runSimulator } from './simulator.ts';

/** HOST:PORT, where port 0 lets the system choose. */
function listenAddress(name: string, about: string): Setting<{ host: string; port: number }> {
  return {
    name,
    about,
    read: (given) => {
      const match = /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(given);
      if (match === null || Number(match[2]) > 65535) return 'must be HOST:PORT';
      return { value: { host: (match[1] as string).replace(/^\[|\]$/g, ''), port: Number(match[2]) } };
    },
  };
}

/** MAC algorithm and key, or nothing. */
function macSetting(name: string, about: string): Setting<NetworkKeyNames['mac']> {
  return {
    name,
    about,
    fallback: '',
    read: (given) => {
      const mac = readMac(given);
      return typeof mac === 'string' ? mac : { value: mac };
    },
  };
}

/** A file that must be readable at start. */
function file(name: string, about: string): Setting<string> {
  return {
    name,
    about,
    read: (path) => {
      try {
        return { value: readFileSync(path, 'utf8') };
      } catch {
        return 'must be the path of a readable file';
      }
    },
  };
}

const settings = {
  listen: listenAddress('CARD_EDGE_SIMULATOR_LISTEN', 'host:port of the network host'),
  ca: file('CARD_EDGE_SIMULATOR_TLS_CA', 'PEM file: authority of the acquirers'),
  cert: file('CARD_EDGE_SIMULATOR_TLS_CERT', 'PEM file: certificate of the network host'),
  key: file('CARD_EDGE_SIMULATOR_TLS_KEY', 'PEM file: private key of the network host'),
  folder: text('CARD_EDGE_SIMULATOR_DIR', 'folder of the books and settlement files'),
  hsm: text('CARD_EDGE_HSM_SOCKET', "unix socket of the HSM device's issuer role"),
  control: text('CARD_EDGE_SIMULATOR_CONTROL', 'unix socket for control commands'),
  network: text('CARD_EDGE_SIMULATOR_NETWORK', 'name of the network', { fallback: 'simnet' }),
  dialect: choice('CARD_EDGE_SIMULATOR_DIALECT', 'what the network speaks', hostDialectNames, {
    fallback: 'iso87-binary',
  }),
  zpk: text('CARD_EDGE_SIMULATOR_ZPK', 'zone PIN key in the issuer token', { fallback: 'zpk-simnet' }),
  kbpk: text('CARD_EDGE_SIMULATOR_KBPK', 'key block protection key in the issuer token, for key exchange', {
    fallback: 'kbpk-simnet',
  }),
  mac: macSetting('CARD_EDGE_SIMULATOR_MAC', 'MAC of messages, ALGORITHM:KEY, e.g. retail:mac-simnet; empty for none'),
  networks: text('CARD_EDGE_SIMULATOR_NETWORKS', 'JSON file of further networks; empty for none', { fallback: '' }),
  replyTimeoutMs: integer(
    'CARD_EDGE_SIMULATOR_REPLY_TIMEOUT_MS',
    "the acquirer's time-out, ms: late answers come after twice as much",
    { min: 10, max: 60_000 },
    { fallback: '3000' },
  ),
  logLevel: choice('CARD_EDGE_LOG_LEVEL', 'log level', logLevels, { fallback: 'info' }),
};

async function main(): Promise<void> {
  const config = readConfig(settings, process.env);
  const log = makeLog('simulator', config.logLevel);
  const hsm = connectHsm({
    socketPath: config.hsm,
    onState: (state) => log.info({ state }, 'the issuer HSM changed its state'),
  });
  // Without the HSM the host serves all the same: what needs a check is answered with DE39 91.
  const depsOf = (dialect: string, keys: NetworkKeyNames): NetworkDeps => ({
    dialect: loadDialect(dialect),
    checks: new HsmCardChecks(hsm, { zpk: keys.zpk, ...developmentKeys }),
    keys: new HsmNetworkKeys(hsm, keys),
    clock: systemClock,
    log,
    crash: () => process.kill(process.pid, 'SIGKILL'),
  });
  const { zpk, kbpk, mac, dialect, replyTimeoutMs } = config;
  const shared = { tls: { ca: config.ca, cert: config.cert, key: config.key }, replyTimeoutMs };
  const listed = config.networks === '' ? [] : loadListedNetworks(config.networks);
  const running = await runSimulator(
    { ...shared, network: config.network, ...config.listen, folder: config.folder, controlPath: config.control },
    depsOf(dialect, { zpk, kbpk, mac }),
    listed.map(({ network, host, port, dialect: spoken, keys, dial }) => ({
      // Each has books and files of its own, below the first one's folder.
      config: {
        ...shared,
        ...(dial === undefined ? {} : { dial }),
        network,
        host,
        port,
        folder: join(config.folder, network),
      },
      deps: depsOf(spoken, keys),
    })),
  );
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    running.stop().then(
      () => {
        hsm.close();
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ cause: error instanceof Error ? error.message : 'unknown' }, 'the simulator did not stop in order');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, address: running.address, control: running.controlPath })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'the simulator failed'}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
});
