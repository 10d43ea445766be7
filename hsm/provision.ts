// Development tokens on SoftHSM: made once, in a child process, so that the caller never loads PKCS#11 nor sees a key.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HsmDeviceConfig } from './device/config.ts';
import { findPkcs11Library, HsmSetupError } from './device/pkcs11.ts';
import type { ProvisionTask, TokenName } from './device/provision-main.ts';

export interface ProvisionOptions {
  /** Folder for tokens, PINs, registries and configurations; made with mode 0700. */
  readonly stateDir: string;
  /** Folder for the sockets; default `stateDir`/run. Unix allows about 100 characters for a socket's path. */
  readonly socketDir?: string;
  readonly modulePath?: string;
}

/** Where everything is. Configurations are for CARD_EDGE_HSM_CONFIG of one device process each. */
export interface DevelopmentHsm {
  readonly acquirerConfigPath: string;
  readonly issuerConfigPath: string;
  readonly sockets: {
    readonly core: string;
    readonly gateway: string;
    readonly admin: string;
    readonly issuer: string;
    readonly issuerAdmin: string;
  };
  /** Initial DUKPT keys of the simulated terminal, mode 0600. */
  readonly terminalPath: string;
}

const SOCKET_PATH_MAX = 100;

/**
 * Make, or complete, the tokens `acquirer` and `issuer` with their keys. Repeating it changes nothing. Throws HsmSetupError with one sentence
 * when the SoftHSM module is missing or the folder cannot serve.
 */
export async function provisionDevelopmentTokens(options: ProvisionOptions): Promise<DevelopmentHsm> {
  const modulePath = findPkcs11Library(options.modulePath);
  const stateDir = resolve(options.stateDir);
  const socketDir = options.socketDir === undefined ? join(stateDir, 'run') : resolve(options.socketDir);
  if (join(socketDir, 'issuer-admin.sock').length > SOCKET_PATH_MAX) {
    throw new HsmSetupError(
      `The path ${socketDir} is too long for unix sockets: choose a shorter state folder, or socketDir.`,
    );
  }
  for (const folder of [stateDir, join(stateDir, 'tokens'), socketDir])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  const softhsmConf = join(stateDir, 'softhsm2.conf');
  writeOnce(
    softhsmConf,
    `directories.tokendir = ${join(stateDir, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`,
  );
  const terminalPath = join(stateDir, 'terminal-dev.json');
  const task: ProvisionTask = {
    modulePath,
    softhsmConf,
    terminalPath,
    tokens: { acquirer: filesOf(stateDir, 'acquirer'), issuer: filesOf(stateDir, 'issuer') },
  };
  for (const files of Object.values(task.tokens)) {
    writeOnce(files.userPinFile, randomBytes(12).toString('hex'));
    writeOnce(files.soPinFile, randomBytes(12).toString('hex'));
  }
  await runChild(task);
  const sockets = {
    core: join(socketDir, 'core.sock'),
    gateway: join(socketDir, 'gateway.sock'),
    admin: join(socketDir, 'admin.sock'),
    issuer: join(socketDir, 'issuer.sock'),
    issuerAdmin: join(socketDir, 'issuer-admin.sock'),
  };
  const shared = { modulePath, softhsmConf, development: true };
  return {
    acquirerConfigPath: writeConfig(stateDir, {
      ...shared,
      tokenLabel: 'acquirer',
      userPinFile: task.tokens.acquirer.userPinFile,
      registryPath: task.tokens.acquirer.registryPath,
      sockets: [
        { path: sockets.core, role: 'core' },
        { path: sockets.gateway, role: 'gateway' },
        { path: sockets.admin, role: 'admin' },
      ],
    }),
    issuerConfigPath: writeConfig(stateDir, {
      ...shared,
      tokenLabel: 'issuer',
      userPinFile: task.tokens.issuer.userPinFile,
      registryPath: task.tokens.issuer.registryPath,
      sockets: [
        { path: sockets.issuer, role: 'issuer' },
        { path: sockets.issuerAdmin, role: 'admin' },
      ],
    }),
    sockets,
    terminalPath,
  };
}

function filesOf(stateDir: string, token: TokenName) {
  return {
    userPinFile: join(stateDir, `${token}.user-pin`),
    soPinFile: join(stateDir, `${token}.so-pin`),
    registryPath: join(stateDir, `${token}.keys.json`),
  };
}

function writeOnce(path: string, text: string): void {
  if (!existsSync(path)) writeFileSync(path, text, { mode: 0o600 });
}

function writeConfig(stateDir: string, config: HsmDeviceConfig): string {
  const path = join(stateDir, `hsm-${config.tokenLabel}.json`);
  writeFileSync(path, `${JSON.stringify(config, null, 1)}\n`, { mode: 0o600 });
  return path;
}

/** The same program runs from the tree and from dist: the child has this file's extension. */
function runChild(task: ProvisionTask): Promise<void> {
  const program = fileURLToPath(new URL(`./device/provision-main${extname(import.meta.url)}`, import.meta.url));
  return new Promise((done, fail) => {
    const child = fork(program, {
      env: { ...process.env, SOFTHSM2_CONF: task.softhsmConf, CARD_EDGE_HSM_PROVISION: JSON.stringify(task) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    child.once('error', fail);
    child.once('exit', (code) => {
      if (code === 0) done();
      else
        fail(
          new HsmSetupError(
            `The development tokens could not be made in ${task.softhsmConf}: ${text.trim().split('\n').at(-1) ?? ''}`,
          ),
        );
    });
  });
}
