// A PKCS#11 module that fails on demand, around any other: what SoftHSM cannot do and real HSMs do.
import { CKR, type Pkcs11Module } from '../device/pkcs11.ts';
import { ckr } from './soft-pkcs11.ts';

export type FaultKind =
  /** CKR_DEVICE_ERROR from the next calls. */
  | 'device-error'
  /** CKR_SESSION_HANDLE_INVALID until the library is initialised again. */
  | 'session-lost'
  /** CKR_TOKEN_NOT_PRESENT from everything until `restore`. */
  | 'token-removed'
  /** CKR_FUNCTION_FAILED (the device is busy) from the next calls. */
  | 'busy'
  /** Every operation takes this long. */
  | 'slow';

export interface Faults {
  readonly module: Pkcs11Module;
  /** Begin a fault. `times`: how many operations fail (device-error, busy); `delayMs`: for slow. */
  begin(kind: FaultKind, options?: { readonly times?: number; readonly delayMs?: number }): void;
  /** End every fault. */
  restore(): void;
  /** Operations that were made to fail. */
  readonly failed: number;
}

/** Calls that do work on a session; the rest belong to opening and closing. */
const OPERATIONS =
  /^C_(Encrypt|Decrypt|Sign|Find|Get(Attribute|Slot)|Generate|Derive|Create|Copy|Destroy|OpenSession|Login)/;

export function withFaults(inner: Pkcs11Module): Faults {
  let kind: FaultKind | undefined;
  let times = 0;
  let delayMs = 0;
  let failed = 0;

  const fail = (code: number): never => {
    failed += 1;
    throw ckr(code);
  };
  const before = (name: string): void => {
    if (kind === 'session-lost' && name === 'C_Initialize') kind = undefined;
    if (kind === undefined || !OPERATIONS.test(name)) return;
    switch (kind) {
      case 'device-error':
      case 'busy': {
        if (times <= 0) return;
        times -= 1;
        fail(kind === 'busy' ? CKR.functionFailed : CKR.deviceError);
        return;
      }
      case 'session-lost':
        fail(CKR.sessionHandleInvalid);
        return;
      case 'token-removed':
        fail(CKR.tokenNotPresent);
        return;
      case 'slow': {
        // The library blocks its thread: so does this.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
        return;
      }
      default:
        kind satisfies never;
    }
  };
  const module = new Proxy(inner, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        before(String(name));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return {
    module,
    begin(next, options = {}) {
      kind = next;
      times = options.times ?? 1;
      delayMs = options.delayMs ?? 10;
    },
    restore() {
      kind = undefined;
    },
    get failed() {
      return failed;
    },
  };
}
