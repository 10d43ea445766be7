// The port between the system and a payment HSM: commands on named keys. A PKCS#11 token behind the device process, a payment HSM with host
// commands or a cloud service implement the same interface; hsm/conformance.ts says what each must do.
import type { HsmError } from './errors.ts';
import type { KeyCommands } from './port-keys.ts';

export type { HsmCertainty, HsmError, HsmErrorCode } from './errors.ts';
export type * from './port-keys.ts';

/** A key by name and version, `zpk-simnet@2`, or by name for its active version, `zpk-simnet`. Never a handle, never a key value. */
export type KeyRef = string;

/** One item's outcome. */
export type HsmResult<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: HsmError };

export interface CallOptions {
  /** Time to the answer, ms from the call; default hsmTimeoutMs. The device drops items whose time is up before it begins them. */
  readonly deadlineMs?: number;
}

/** A command: any number of items (to hsmBatchItemsMax) in, as many outcomes out, in order. The promise never rejects. */
export interface Command<Item, Result> {
  readonly item: Item;
  readonly result: Result;
}

export type DukptScheme = 'tdes-dukpt' | 'aes-dukpt';

/** A card as it reaches core: never clear. */
export type CardSource =
  /** Compact JWE, ECDH-ES + A256GCM on P-256, kid = key name@version, payload JSON `{"pan","exp":"YYMM","cvv2"?}`. RFC 7516, RFC 7518 4.6. */
  | { readonly kind: 'jwe'; readonly jwe: string }
  /** Track 2 (`PAN=YYMMSVC...`) or `PAN=YYMM` in ASCII, zero-padded, CBC with IV 0 under the DUKPT data key of the KSN. ANSI X9.24-1 / -3. */
  | {
      readonly kind: 'terminal';
      readonly keyRef: KeyRef;
      readonly ksn: Buffer;
      readonly scheme: DukptScheme;
      readonly ciphertext: Buffer;
    }
  /** A vault token made earlier for the same merchant. */
  | { readonly kind: 'vault'; readonly vault: Buffer };

export interface SealCardItem {
  /** 16 bytes; the result opens for this merchant only. */
  readonly merchantId: Buffer;
  readonly card: CardSource;
}

export interface SealedCard {
  /** PAN and expiry, AES-256-GCM under the vault key; carries its own format and key version. */
  readonly vault: Buffer;
  /** 32 bytes, HMAC-SHA256 of the PAN: equal for equal cards, for all merchants. */
  readonly fingerprint: Buffer;
  /** First eight digits. */
  readonly bin: string;
  readonly last4: string;
  readonly expiryYymm: string;
  /** CVV2 or track 2 for the gateway alone; opens with this vault token for hsmSealedLifetimeMs. Never to be stored. */
  readonly sealed?: Buffer;
}

export interface OpenCardItem {
  readonly merchantId: Buffer;
  readonly vault: Buffer;
  readonly sealed?: Buffer;
}

export interface OpenedCard {
  readonly pan: string;
  readonly expiryYymm: string;
  readonly cvv2?: string;
  /** `PAN=YYMMSVC...` without sentinels. */
  readonly track2?: string;
}

/** ISO 9564-1 formats. Format 2 is for chip cards only and is not taken. */
export type PinBlockFormat = 0 | 1 | 3 | 4;

export interface PinBlockIn {
  readonly format: PinBlockFormat;
  /** A ZPK or TPK, or the BDK when `scheme` is set. */
  readonly keyRef: KeyRef;
  /** 10 bytes (tdes-dukpt) or 12 bytes (aes-dukpt). */
  readonly ksn?: Buffer;
  readonly scheme?: DukptScheme;
}

export interface TranslatePinItem {
  /** 8 bytes (formats 0, 1, 3) or 16 bytes (format 4), enciphered. */
  readonly pinBlock: Buffer;
  readonly in: PinBlockIn;
  readonly out: { readonly format: PinBlockFormat; readonly keyRef: KeyRef };
  /** 12 to 19 digits. One PAN for both blocks: a change of PAN cannot be asked for (PCI PIN 3-3). */
  readonly pan: string;
}

/** `cbc` = ISO 9797-1 algorithm 1, `retail` = algorithm 3 (ANSI X9.19). */
export type MacAlgorithm = 'cbc' | 'retail' | 'cmac' | 'hmac-sha256';

export interface GenerateMacItem {
  readonly keyRef: KeyRef;
  readonly algorithm: MacAlgorithm;
  /** ISO 9797-1 padding method, for `cbc` and `retail`; default 1. */
  readonly padding?: 1 | 2 | 3;
  readonly data: Buffer;
  /** Bytes to keep, from the left, 4 to the full length; default 8. */
  readonly macBytes?: number;
  /** With a BDK: the session MAC key of this KSN. */
  readonly ksn?: Buffer;
  readonly scheme?: DukptScheme;
  /** With a BDK: which of the two MAC keys; default `request`. */
  readonly direction?: 'request' | 'response';
}

export interface VerifyMacItem extends GenerateMacItem {
  readonly mac: Buffer;
}

/** The answer to a check. A wrong MAC, PIN or CVV is an answer, not an error. */
export interface Verified {
  readonly verified: boolean;
}

/** A PIN for the issuer: enciphered, or clear where the device's configuration says `development`. */
export type PinInput =
  | { readonly kind: 'block'; readonly pinBlock: Buffer; readonly format: PinBlockFormat; readonly keyRef: KeyRef }
  | { readonly kind: 'clear'; readonly pin: string };

/** What a PIN is checked against. */
export type PinReference =
  | { readonly kind: 'pvv'; readonly pvkRef: KeyRef; readonly pvki: number; readonly pvv: string }
  | {
      readonly kind: 'ibm3624';
      readonly pvkRef: KeyRef;
      readonly offset: string;
      /** 16 decimal digits. */
      readonly decimalizationTable: string;
      /** 16 characters: digits of the PAN and pad, as the issuer defines them. */
      readonly validationData: string;
    };

export interface VerifyPinItem {
  readonly pin: PinInput;
  readonly pan: string;
  readonly reference: PinReference;
}

export interface GeneratePvvItem {
  readonly pin: PinInput;
  readonly pan: string;
  readonly pvkRef: KeyRef;
  readonly pvki: number;
}

export interface GeneratePinOffsetItem {
  readonly pin: PinInput;
  readonly pan: string;
  readonly pvkRef: KeyRef;
  readonly decimalizationTable: string;
  readonly validationData: string;
}

export interface GenerateCvvItem {
  readonly cvkRef: KeyRef;
  readonly pan: string;
  /** Four digits in the order the card's scheme uses (YYMM in tracks; MMYY for the CVV2 of some). */
  readonly expiry: string;
  /** `000` makes a CVV2, `999` an iCVV. */
  readonly serviceCode: string;
}

export interface VerifyCvvItem extends GenerateCvvItem {
  readonly cvv: string;
}

/** Session key derivation of the card: Visa CVN 10 (`card`: the card key itself), EMV common (CVN 18), Mastercard (with the unpredictable number). */
export type ArqcSession = 'card' | 'emv-common' | 'mastercard';

export interface ArqcItem {
  readonly imkRef: KeyRef;
  readonly session: ArqcSession;
  readonly pan: string;
  /** Two digits; `00` where the card has none. */
  readonly panSequence: string;
  /** Tag 9F36, 2 bytes. */
  readonly atc: Buffer;
  /** Tag 9F37, 4 bytes. */
  readonly unpredictable: Buffer;
  /** The data elements in the order of the cryptogram version. */
  readonly data: Buffer;
  /** `emv` adds 80 00.. (ISO 9797-1 method 2); `visa` adds zeros (method 1). */
  readonly padding: 'emv' | 'visa';
}

export interface VerifyArqcItem extends ArqcItem {
  readonly arqc: Buffer;
}

export interface MakeArpcItem {
  readonly imkRef: KeyRef;
  readonly session: ArqcSession;
  readonly pan: string;
  readonly panSequence: string;
  readonly atc: Buffer;
  readonly unpredictable: Buffer;
  readonly arqc: Buffer;
  /** Method 1: the two-byte response code, 8-byte ARPC. Method 2: four-byte CSU and 0-8 proprietary bytes, 4-byte ARPC. EMV book 2, 8.2. */
  readonly method:
    | { readonly kind: 'method1'; readonly responseCode: Buffer }
    | { readonly kind: 'method2'; readonly csu: Buffer; readonly proprietary: Buffer };
}

/** Everything that an authorisation may carry for its issuer to verify; what is absent is not looked at. */
export interface VerifyAuthorizationItem {
  readonly pan: string;
  /** The enciphered PIN and what it is checked against. */
  readonly pin?: {
    readonly pinBlock: Buffer;
    readonly format: PinBlockFormat;
    readonly keyRef: KeyRef;
    readonly reference: PinReference;
  };
  readonly cvv?: Omit<VerifyCvvItem, 'pan'>;
  /** The chip's cryptogram, and how an approval is proved to it. */
  readonly chip?: Omit<VerifyArqcItem, 'pan'> & { readonly method: MakeArpcItem['method'] };
  /** A value that the issuer gave out for this payment (3-D Secure): HMAC-SHA256 of `data`, cut to the length of `mac`. */
  readonly issued?: { readonly keyRef: KeyRef; readonly data: Buffer; readonly mac: Buffer };
}

/** One answer for each part that was given. */
export interface VerifiedAuthorization {
  /** `unopened` = the block is no PIN block under this key: another key, or damage. */
  readonly pin?: 'match' | 'mismatch' | 'unopened';
  readonly cvv?: boolean;
  readonly chip?: boolean;
  /** Only with a cryptogram that is right: proves an approval to the chip. */
  readonly arpc?: Buffer;
  readonly issued?: boolean;
}

/** JWK of a card encryption key, RFC 7517, with its kid. */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
}

/** Card, PIN and MAC work: what payments need. Each comment names the role that may call. */
export interface PaymentCommands {
  /** core: turn any protected card into a vault token, its public facts and the sealed remainder. */
  sealCard: Command<SealCardItem, SealedCard>;
  /** gateway: the clear card, for the socket write alone. */
  openCard: Command<OpenCardItem, OpenedCard>;
  /** gateway: re-encipher a PIN under the PCI PIN 3-3 rules. */
  translatePin: Command<TranslatePinItem, { readonly pinBlock: Buffer }>;
  /** gateway, issuer. */
  generateMac: Command<GenerateMacItem, { readonly mac: Buffer }>;
  /** gateway, issuer. */
  verifyMac: Command<VerifyMacItem, Verified>;
  /** core: HMAC-SHA256 of a PAN (blocked cards lists), as sealCard makes it. */
  fingerprint: Command<{ readonly pan: string }, { readonly fingerprint: Buffer }>;
  /** all: bytes of the token's generator. */
  random: Command<{ readonly bytes: number }, { readonly random: Buffer }>;
  /** core: the public half of a card encryption key. */
  publicKey: Command<{ readonly keyRef: KeyRef }, { readonly jwk: PublicJwk }>;
  /** admin: the same card under the active vault key. */
  vaultReencrypt: Command<
    { readonly merchantId: Buffer; readonly vault: Buffer },
    { readonly vault: Buffer; readonly changed: boolean }
  >;
  /** issuer. */
  verifyPin: Command<VerifyPinItem, Verified>;
  /** issuer: the Visa PIN verification value, four digits. */
  generatePvv: Command<GeneratePvvItem, { readonly pvv: string }>;
  /** issuer: the IBM 3624 offset. */
  generatePinOffset: Command<GeneratePinOffsetItem, { readonly offset: string }>;
  /** issuer. */
  generateCvv: Command<GenerateCvvItem, { readonly cvv: string }>;
  /** issuer. */
  verifyCvv: Command<VerifyCvvItem, Verified>;
  /** issuer with `development`: what a card would answer, for simulated cards. */
  generateArqc: Command<ArqcItem, { readonly arqc: Buffer }>;
  /** issuer. */
  verifyArqc: Command<VerifyArqcItem, Verified>;
  /** issuer. */
  makeArpc: Command<MakeArpcItem, { readonly arpc: Buffer }>;
  /** issuer: PIN, CVV, cryptogram and issued value of one authorisation at once. One key that is missing or of another usage fails the whole item. */
  verifyAuthorization: Command<VerifyAuthorizationItem, VerifiedAuthorization>;
}

/** Every command of the port by name. */
export interface HsmCommands extends PaymentCommands, KeyCommands {}

export type HsmCommandName = keyof HsmCommands;
export type ItemOf<C extends HsmCommandName> = HsmCommands[C]['item'];
export type ResultOf<C extends HsmCommandName> = HsmCommands[C]['result'];

/** The port. Results come in the order of the items, one for each; nothing rejects. */
export type PaymentHsm = {
  readonly [C in keyof HsmCommands]: (
    items: readonly ItemOf<C>[],
    options?: CallOptions,
  ) => Promise<HsmResult<ResultOf<C>>[]>;
};

/** The port, one item at a time. */
export type SingleHsm = {
  readonly [C in keyof HsmCommands]: (item: ItemOf<C>, options?: CallOptions) => Promise<HsmResult<ResultOf<C>>>;
};

/** A socket of the device serves one role: an allow-list of commands. */
export type HsmRole = 'core' | 'gateway' | 'admin' | 'issuer';
