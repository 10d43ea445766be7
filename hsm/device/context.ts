import type { HsmCommandName, HsmRole, ItemOf, ResultOf } from '../port.ts';
import type { AuditFile } from './audit.ts';
import type { Ceremonies } from './ceremony.ts';
import type { DukptKeys } from './dukpt.ts';
import type { KeyStore } from './keystore.ts';
import type { Token } from './token.ts';

/** What the commands work with. One per device process. */
export interface DeviceContext {
  readonly token: Token;
  readonly keys: KeyStore;
  readonly dukpt: DukptKeys;
  readonly ceremonies: Ceremonies;
  /** Open once the token is: its seals need a key. */
  readonly audit: () => AuditFile;
  /** Wall clock, Unix ms: key states and the life of sealed data. */
  readonly nowMs: () => number;
  /** True on development tokens only: clear PINs and simulated cards are taken. */
  readonly development: boolean;
}

/** One item of a command. Throws HsmFault for an error of the closed set. */
export type Handler<C extends HsmCommandName> = (context: DeviceContext, item: ItemOf<C>, role: HsmRole) => ResultOf<C>;

export type Handlers<Names extends HsmCommandName> = { readonly [C in Names]: Handler<C> };
