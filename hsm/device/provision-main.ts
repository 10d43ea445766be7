// Child of hsm/provision.ts: the only other program that loads PKCS#11. Makes the development tokens and keys; repeats nothing that exists.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { KeyAlgorithm, KeyUsage } from '../port.ts';
import { DukptKeys } from './dukpt.ts';
import { KeyStore } from './keystore.ts';
import { CKF, CKU, type Handle, loadPkcs11, type Pkcs11Module } from './pkcs11.ts';
import { Token, tokenLabel } from './token.ts';

export interface ProvisionTask {
  readonly modulePath: string;
  readonly softhsmConf: string;
  readonly terminalPath: string;
  readonly tokens: {
    readonly [T in TokenName]: {
      readonly userPinFile: string;
      readonly soPinFile: string;
      readonly registryPath: string;
    };
  };
}

export type TokenName = 'acquirer' | 'issuer';

interface PlannedKey {
  readonly name: string;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  readonly tokens: readonly TokenName[];
}

const BOTH = ['acquirer', 'issuer'] as const;

/** A key in two tokens has one value: the two ends of the simulated network. */
const PLAN: readonly PlannedKey[] = [
  { name: 'vault', usage: '10', algorithm: 'AES256', tokens: ['acquirer'] },
  { name: 'fingerprint', usage: '11', algorithm: 'HMAC256', tokens: ['acquirer'] },
  { name: 'transit', usage: '12', algorithm: 'AES256', tokens: ['acquirer'] },
  { name: 'card-jwe', usage: 'D1', algorithm: 'EC-P256', tokens: ['acquirer'] },
  { name: 'bdk-terminal', usage: 'B0', algorithm: 'TDES2', tokens: ['acquirer'] },
  { name: 'bdk-terminal-aes', usage: 'B0', algorithm: 'AES128', tokens: ['acquirer'] },
  { name: 'zpk-simnet', usage: 'P0', algorithm: 'TDES2', tokens: BOTH },
  { name: 'mac-simnet', usage: 'M3', algorithm: 'TDES2', tokens: BOTH },
  { name: 'zmk-simnet', usage: 'K0', algorithm: 'TDES2', tokens: BOTH },
  { name: 'kbpk-simnet', usage: 'K1', algorithm: 'AES256', tokens: BOTH },
  { name: 'cvk', usage: 'C0', algorithm: 'TDES2', tokens: ['issuer'] },
  { name: 'pvk', usage: 'V2', algorithm: 'TDES2', tokens: ['issuer'] },
  { name: 'pvk-ibm', usage: 'V1', algorithm: 'TDES2', tokens: ['issuer'] },
  { name: 'imk', usage: 'E0', algorithm: 'TDES2', tokens: ['issuer'] },
  { name: 'cavk', usage: 'M7', algorithm: 'HMAC256', tokens: ['issuer'] },
];

const BYTES: { readonly [A in KeyAlgorithm]?: number } = {
  TDES2: 16,
  TDES3: 24,
  AES128: 16,
  AES192: 24,
  AES256: 32,
  HMAC256: 32,
};

/** PIN pads of each scheme that the development terminals have. */
const PADS = 4;

/** KSN of a TDES pad with counter 0: its serial number is above the 21 bits that count (X9.24-1). */
function tdesSerial(pad: number): Buffer {
  const ksn = Buffer.from('FFFFCED0000000000000', 'hex');
  ksn.writeUInt32BE((15 + pad) << 21, 6);
  return ksn;
}

/** KSN of an AES pad with counter 0: base key, device, counter, four bytes each (X9.24-3). */
function aesSerial(pad: number): Buffer {
  const ksn = Buffer.from('CED000000000000000000000', 'hex');
  ksn.writeUInt32BE(1 + pad, 4);
  return ksn;
}

interface OpenToken {
  readonly token: Token;
  readonly keys: KeyStore;
}

function openToken(module: Pkcs11Module, task: ProvisionTask, name: TokenName): OpenToken {
  const { userPinFile, soPinFile, registryPath } = task.tokens[name];
  const userPin = readFileSync(userPinFile, 'utf8').trim();
  initialiseToken(module, name, readFileSync(soPinFile, 'utf8').trim(), userPin);
  const token = new Token(module, { tokenLabel: name, userPin });
  token.open();
  const keys = new KeyStore(
    token,
    registryPath,
    () => Date.now(),
    () => undefined,
  );
  keys.load();
  return { token, keys };
}

/** Format the free slot under this label, unless the token exists. */
function initialiseToken(module: Pkcs11Module, name: string, soPin: string, userPin: string): void {
  const slots = (): Handle[] => module.C_GetSlotList(true);
  const find = (): Handle | undefined => slots().find((slot) => tokenLabel(module.C_GetTokenInfo(slot).label) === name);
  if (find() !== undefined) return;
  const free = slots().find((slot) => tokenLabel(module.C_GetTokenInfo(slot).label) === '');
  if (free === undefined) throw new Error('no free slot');
  module.C_InitToken(free, soPin, name);
  const slot = find();
  if (slot === undefined) throw new Error('the new token did not appear');
  const session = module.C_OpenSession(slot, CKF.serialSession | CKF.rwSession);
  module.C_Login(session, CKU.so, soPin);
  module.C_InitPIN(session, userPin);
  module.C_Logout(session);
  module.C_CloseSession(session);
}

function makeKey(open: Readonly<Record<TokenName, OpenToken>>, { name, usage, algorithm, tokens }: PlannedKey): void {
  const stores = tokens.map((token) => open[token].keys);
  const kcvs = stores.map((keys) => keys.list(name).find((record) => record.state === 'active')?.kcv);
  if (kcvs.every((kcv) => kcv !== undefined && kcv === kcvs[0])) return;
  const activation = { state: 'active' } as const;
  const [first] = stores;
  if (stores.length === 1 && first !== undefined) {
    first.create({ name, usage, algorithm, origin: 'provisioned', activation });
    return;
  }
  const value = open.acquirer.token.random(BYTES[algorithm] ?? 16);
  for (const keys of stores) keys.create({ name, usage, algorithm, origin: 'provisioned', activation, value });
  value.fill(0);
}

/** What the development PIN pads are injected with. Real terminals get theirs in a key injection facility. The same keys give the same file. */
function writeTerminal(path: string, { token, keys }: OpenToken): void {
  const dukpt = new DukptKeys(token, keys);
  const tdes = keys.find('bdk-terminal');
  const aes = keys.find('bdk-terminal-aes');
  const file = {
    notice:
      'DEVELOPMENT ONLY: initial DUKPT keys of simulated terminals. Never make such a file from a production key.',
    terminals: Array.from({ length: PADS }, (_, pad) => {
      const [tdesKsn, aesKsn] = [tdesSerial(pad), aesSerial(pad)];
      return [
        {
          scheme: 'tdes-dukpt',
          keyRef: tdes.ref,
          ksn: tdesKsn.toString('hex').toUpperCase(),
          initialKey: dukpt.tdesInitial(tdes.ref, tdesKsn).toString('hex'),
        },
        {
          scheme: 'aes-dukpt',
          keyRef: aes.ref,
          ksn: aesKsn.toString('hex').toUpperCase(),
          initialKey: dukpt.aesInitial(aes, aesKsn).toString('hex'),
        },
      ];
    }).flat(),
  };
  dukpt.clear();
  const text = `${JSON.stringify(file, null, 1)}\n`;
  // A file of an earlier version has fewer pads.
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text, { mode: 0o600 });
}

function provision(task: ProvisionTask): void {
  const module = loadPkcs11(task.modulePath);
  module.C_Initialize({ flags: CKF.osLockingOk });
  const acquirer = openToken(module, task, 'acquirer');
  const issuer = openToken(module, task, 'issuer');
  for (const key of PLAN) makeKey({ acquirer, issuer }, key);
  writeTerminal(task.terminalPath, acquirer);
  acquirer.token.close();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    provision(JSON.parse(process.env['CARD_EDGE_HSM_PROVISION'] ?? '') as ProvisionTask);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'unknown'}\n`);
    process.exit(1);
  }
}
