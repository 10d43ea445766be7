// Runs batches: role, deadline, one item at a time, each with its own outcome. Knows nothing of sockets.
import { commandTable, roleMay } from '../commands.ts';
import { type HsmError, HsmFault, hsmError } from '../errors.ts';
import { HSM_CHURN_OBJECTS_MAX, HSM_TOKEN_RETRIES_MAX } from '../limits.ts';
import type { HsmCommandName, HsmResult, HsmRole, ItemOf, ResultOf } from '../port.ts';
import { cardHandlers } from './cards.ts';
import type { DeviceContext, Handler, Handlers } from './context.ts';
import { DukptKeys } from './dukpt.ts';
import { issuerHandlers } from './issuer.ts';
import { keyHandlers } from './key-handlers.ts';
import { KeyStore } from './keystore.ts';
import { macHandlers } from './macs.ts';
import { pinHandlers } from './pins.ts';
import { isTokenLost, type Pkcs11Module } from './pkcs11.ts';
import { Token } from './token.ts';

const handlers: Partial<Handlers<HsmCommandName>> = {
  ...cardHandlers,
  ...pinHandlers,
  ...macHandlers,
  ...issuerHandlers,
  ...keyHandlers,
};

export interface ServiceOptions {
  readonly tokenLabel: string;
  readonly userPin: string;
  readonly registryPath: string;
  readonly development: boolean;
  readonly nowMs: () => number;
  /** Operational events for the log: text without data. */
  readonly onEvent?: (event: string) => void;
}

export class HsmService {
  private readonly context: DeviceContext;
  private readonly options: ServiceOptions;

  constructor(module: Pkcs11Module, options: ServiceOptions) {
    this.options = options;
    const token = new Token(module, options);
    const keys = new KeyStore(token, options.registryPath, options.nowMs);
    this.context = {
      token,
      keys,
      dukpt: new DukptKeys(token, keys),
      nowMs: options.nowMs,
      development: options.development,
    };
  }

  open(): void {
    this.context.token.open();
    this.context.keys.load();
  }

  close(): void {
    this.context.dukpt.clear();
    this.context.token.close();
  }

  /** Void all handles and log in again: after a lost token, and before the library's leak matters. */
  reopen(reason: string): void {
    this.options.onEvent?.(`token reopened: ${reason}`);
    this.context.token.close();
    this.open();
  }

  /** Between two frames: recycle when due. */
  maintain(): void {
    if (this.context.token.churn >= HSM_CHURN_OBJECTS_MAX) this.reopen('session objects of the library');
  }

  /** Whether the token answers; tries to bring it back when it does not. */
  checkHealth(): boolean {
    if (this.context.keys.healthy()) return true;
    try {
      this.reopen('health check failed');
      return this.context.keys.healthy();
    } catch {
      return false;
    }
  }

  /** Undefined when the role may call the command. */
  refusal(role: HsmRole, command: HsmCommandName): HsmError | undefined {
    if (!roleMay(role, command)) return hsmError('not_permitted', `role ${role}, command ${command}`);
    return handlers[command] === undefined ? hsmError('unsupported', command) : undefined;
  }

  /** One item's outcome. */
  run<C extends HsmCommandName>(role: HsmRole, command: C, item: ItemOf<C>): HsmResult<ResultOf<C>> {
    const refused = this.refusal(role, command);
    if (refused !== undefined) return { ok: false, error: refused };
    const handler = handlers[command] as unknown as Handler<C>;
    for (let attempt = 0; ; attempt++) {
      try {
        return { ok: true, ...handler(this.context, item, role) };
      } catch (error) {
        if (error instanceof HsmFault) return { ok: false, error: hsmError(error.code, error.detail) };
        if (!isTokenLost(error)) return { ok: false, error: this.unexpected(error) };
        // A command with an effect is never repeated blindly: it may have half happened.
        const again = attempt < HSM_TOKEN_RETRIES_MAX && !commandTable[command].effect;
        if (!this.recover() || !again) return { ok: false, error: hsmError('device_error', codeName(error)) };
      }
    }
  }

  private recover(): boolean {
    try {
      this.reopen('token lost');
      return true;
    } catch {
      return false;
    }
  }

  private unexpected(error: unknown): HsmError {
    const code = codeName(error);
    if (code !== undefined) return hsmError('device_error', code);
    // The stack stays out of answers and logs: arguments could be in messages of the runtime.
    this.options.onEvent?.(`unexpected ${error instanceof Error ? error.name : 'error'}`);
    return hsmError('internal');
  }
}

/** `CKR_...` of a PKCS#11 error. */
function codeName(error: unknown): string | undefined {
  return error instanceof Error && /^CKR_[A-Z0-9_]+$/.test(error.message) ? error.message : undefined;
}
