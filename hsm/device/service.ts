// Runs batches: role, deadline, one item at a time, each with its own outcome. Knows nothing of sockets.

import { hsmChurnObjectsMax, hsmTokenRetriesMax, hsmTokenRetryMs } from '../../common/limits.ts';
import { commandTable, roleMay } from '../commands.ts';
import { type HsmError, HsmFault, hsmError } from '../errors.ts';
import type { HsmCommandName, HsmResult, HsmRole, ItemOf, KeyRecord, ResultOf } from '../port.ts';
import { type AuditFacts, AuditFile } from './audit.ts';
import { verifyAuthorization } from './authorization.ts';
import { cardHandlers } from './cards.ts';
import { Ceremonies, ceremonyHandlers } from './ceremony.ts';
import type { DeviceContext, Handler, Handlers } from './context.ts';
import { DukptKeys } from './dukpt.ts';
import { emvHandlers } from './emv.ts';
import { issuerHandlers } from './issuer.ts';
import { exchangeHandlers } from './key-exchange.ts';
import { keyHandlers } from './key-handlers.ts';
import { type DueCommand, KeyStore } from './keystore.ts';
import { macHandlers } from './macs.ts';
import { pinHandlers } from './pins.ts';
import { isTokenLost, type Pkcs11Module } from './pkcs11.ts';
import { type Outcome, runSteps, runTogether, type Steps } from './steps.ts';
import { Token } from './token.ts';

const handlers: Handlers<HsmCommandName> = {
  ...cardHandlers,
  ...pinHandlers,
  ...macHandlers,
  ...issuerHandlers,
  ...keyHandlers,
  ...exchangeHandlers,
  ...ceremonyHandlers,
  ...emvHandlers,
  verifyAuthorization: (context, item) => runSteps(context.token, verifyAuthorization(context, item)),
};

/** Commands without effect whose items may run side by side. */
const together: { readonly [C in HsmCommandName]?: (context: DeviceContext, item: ItemOf<C>) => Steps<ResultOf<C>> } = {
  verifyAuthorization,
};

export interface ServiceOptions {
  readonly tokenLabel: string;
  readonly userPin: string;
  readonly registryPath: string;
  readonly auditPath: string;
  readonly development: boolean;
  /** Unix ms. */
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** Session objects before the library is re-initialised; default hsmChurnObjectsMax. */
  readonly churnObjectsMax?: number;
  /** Operational events for the log: text without data. */
  readonly onEvent?: (event: string) => void;
}

export class HsmService {
  private readonly context: DeviceContext;
  private readonly options: ServiceOptions;
  private readonly churnMax: number;
  private audit: AuditFile | undefined;
  /** The token did not come back at the last attempt. Exits: recover. */
  private isDown = false;
  private retryAtMs = 0;

  constructor(module: Pkcs11Module, options: ServiceOptions) {
    this.options = options;
    this.churnMax = options.churnObjectsMax ?? hsmChurnObjectsMax;
    const token = new Token(module, options);
    const keys = new KeyStore(token, options.registryPath, options.nowMs, (command, record) =>
      this.onDue(command, record),
    );
    this.context = {
      token,
      keys,
      dukpt: new DukptKeys(token, keys),
      ceremonies: new Ceremonies(options.nowMs),
      audit: () => this.auditFile(),
      nowMs: options.nowMs,
      development: options.development,
    };
  }

  open(): void {
    this.context.token.open();
    this.context.keys.load();
    this.audit ??= new AuditFile(this.options.auditPath, this.context.keys.mac, this.options.nowMs);
  }

  close(): void {
    this.context.dukpt.clear();
    this.context.ceremonies.clear();
    this.context.token.close();
    this.audit?.close();
    this.audit = undefined;
  }

  /** Void all handles and log in again: after a lost token, and before the library's leak matters. False = the token is not back. */
  private reopen(reason: string): boolean {
    this.context.token.close();
    try {
      this.open();
      this.options.onEvent?.(`token reopened: ${reason}`);
      this.isDown = false;
    } catch {
      if (!this.isDown) this.options.onEvent?.(`token down: ${reason}`);
      this.isDown = true;
      this.retryAtMs = this.options.monotonicMs() + hsmTokenRetryMs;
    }
    return !this.isDown;
  }

  /** Between two frames: recycle the library when its leak is due. The calls that wait see a pause of some milliseconds, no error. */
  maintain(): void {
    if (this.context.token.churn >= this.churnMax && !this.isDown) this.reopen('session objects of the library');
  }

  /** A key whose time came: nobody called, so the line says that the device did it. */
  private onDue(command: DueCommand, { name, version, kcv }: KeyRecord): void {
    const ref = `${name}@${version}`;
    this.options.onEvent?.(
      command === 'activateKey' ? `${ref} is active as scheduled` : `${ref} is erased: its overlap ended`,
    );
    try {
      this.auditFile().append({ role: 'device', command, subject: ref, outcome: 'ok', kcv });
    } catch {
      this.options.onEvent?.('the audit file cannot be written');
    }
  }

  /** Whether the token answers; tries to bring it back when it does not. */
  checkHealth(): boolean {
    if (!this.isDown && this.context.keys.healthy()) {
      try {
        this.context.keys.activateDue();
        this.context.keys.destroyExpired();
        return true;
      } catch {
        this.options.onEvent?.('what is due could not be done'); // tried again with the next check
      }
    }
    return this.recover('health check');
  }

  /** Not more often than the pause: a token that is gone must not cost every call an attempt. */
  private recover(reason: string): boolean {
    if (this.isDown && this.options.monotonicMs() < this.retryAtMs) return false;
    return this.reopen(reason);
  }

  /** Undefined when the role may call the command. */
  refusal(role: HsmRole, command: HsmCommandName): HsmError | undefined {
    return roleMay(role, command) ? undefined : hsmError('not_permitted', `role ${role}, command ${command}`);
  }

  /** One item's outcome; a command with an effect leaves its audit line first. */
  run<C extends HsmCommandName>(role: HsmRole, command: C, item: ItemOf<C>): HsmResult<ResultOf<C>> {
    if (!commandTable[command].effect) return this.attempt(role, command, item);
    const result = this.attempt(role, command, item);
    try {
      this.auditFile().append({ role, command, ...auditFacts(item, result) });
      return result;
    } catch {
      this.options.onEvent?.('the audit file cannot be written');
      if (!result.ok && result.error.certainty === 'not_done') return result; // without its token the device cannot seal a line either
      // What was done stays done, but nobody shall build on what has no trace.
      return {
        ok: false,
        error: { ...hsmError('device_error', 'the audit file cannot be written'), certainty: 'unknown' },
      };
    }
  }

  /** Outcomes of a slice of items, in their order: as `run` of each, with fewer calls of the token where the command allows it. */
  runSlice<C extends HsmCommandName>(role: HsmRole, command: C, items: readonly ItemOf<C>[]): HsmResult<ResultOf<C>>[] {
    const steps = together[command] as ((context: DeviceContext, item: ItemOf<C>) => Steps<ResultOf<C>>) | undefined;
    if (steps !== undefined && items.length > 1 && !this.isDown && roleMay(role, command)) {
      try {
        const work = items.map((item) => steps(this.context, item));
        return runTogether(this.context.token, work).map((outcome) => this.resultOf(outcome));
      } catch {
        // The token refused one of the calls: item by item it tells which, is brought back, or is tried again.
      }
    }
    return items.map((item) => this.run(role, command, item));
  }

  private resultOf<T extends object>(outcome: Outcome<T>): HsmResult<T> {
    if (outcome.ok) return { ok: true, ...outcome.value };
    const { error } = outcome;
    if (error instanceof HsmFault) return { ok: false, error: hsmError(error.code, error.detail) };
    if (codeName(error) !== undefined) throw error;
    return { ok: false, error: this.unexpected(error) };
  }

  /** A key command that its role forbids never reaches `run`: it is written down all the same. */
  recordRefusal(role: HsmRole, command: HsmCommandName, error: HsmError): void {
    if (commandTable[command].effect) this.auditFile().append({ role, command, subject: '', outcome: error.code });
  }

  private attempt<C extends HsmCommandName>(role: HsmRole, command: C, item: ItemOf<C>): HsmResult<ResultOf<C>> {
    const refused = this.refusal(role, command);
    if (refused !== undefined) return { ok: false, error: refused };
    const handler = handlers[command] as unknown as Handler<C>;
    if (this.isDown && !this.recover('a call')) return { ok: false, error: hsmError('unavailable', 'the token') };
    for (let attempt = 0; ; attempt++) {
      try {
        return { ok: true, ...handler(this.context, item, role) };
      } catch (error) {
        if (error instanceof HsmFault) return { ok: false, error: hsmError(error.code, error.detail) };
        if (!isTokenLost(error)) return { ok: false, error: this.unexpected(error) };
        // A command with an effect is never repeated blindly: it may have half happened.
        const again = attempt < hsmTokenRetriesMax && !commandTable[command].effect;
        if (!this.recover('token lost') || !again)
          return { ok: false, error: hsmError('device_error', codeName(error)) };
      }
    }
  }

  private auditFile(): AuditFile {
    if (this.audit === undefined) throw new HsmFault('internal', 'the audit file is not open');
    return this.audit;
  }

  private unexpected(error: unknown): HsmError {
    const code = codeName(error);
    if (code !== undefined) return hsmError('device_error', code);
    // The stack stays out of answers and logs: arguments could be in messages of the runtime.
    this.options.onEvent?.(`unexpected ${error instanceof Error ? error.name : 'error'}`);
    return hsmError('internal');
  }
}

/** What an audit line says of a key command: names, outcome, check value; never data. */
function auditFacts(
  item: object,
  result: HsmResult<object>,
): Pick<AuditFacts, 'subject' | 'outcome' | 'kcv' | 'operator'> {
  const { name, keyRef, ceremonyId, operator, approver } = item as Record<string, string | undefined>;
  const { key, kcv } = result as { readonly key?: KeyRecord; readonly kcv?: string };
  const person = operator ?? approver;
  const value = key?.kcv ?? kcv;
  return {
    subject: key === undefined ? (keyRef ?? name ?? ceremonyId ?? '') : `${key.name}@${key.version}`,
    outcome: result.ok ? 'ok' : result.error.code,
    ...(value === undefined ? {} : { kcv: value }),
    ...(person === undefined ? {} : { operator: person }),
  };
}

/** `CKR_...` of a PKCS#11 error. */
function codeName(error: unknown): string | undefined {
  return error instanceof Error && /^CKR_[A-Z0-9_]+$/.test(error.message) ? error.message : undefined;
}
