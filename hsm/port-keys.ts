// Key management: the half of the port that operators and dynamic key exchange use.
import type { Command, DukptScheme, KeyRef } from './port.ts';

/** pending: loaded, not in use. active: everything. retiring: undo only (decipher, verify), for the overlap. destroyed: the record alone is left. */
export type KeyState = 'pending' | 'active' | 'retiring' | 'destroyed';

export type KeyAlgorithm = 'TDES2' | 'TDES3' | 'AES128' | 'AES192' | 'AES256' | 'HMAC256' | 'EC-P256';

/**
 * X9.143 usage codes: B0 BDK, C0 CVK, D0 data (vault), D1 asymmetric data (card encryption), E0 EMV master for cryptograms, K0 key encryption,
 * K1 key block protection, M1/M3/M6/M7 MAC (ISO 9797-1 algorithm 1, algorithm 3, CMAC, HMAC), P0 PIN encryption, V1 IBM 3624, V2 PVV.
 * Own codes, in the range X9.143 leaves to implementers: 10 vault, 11 fingerprint, 12 transit.
 */
export type KeyUsage =
  | 'B0'
  | 'C0'
  | 'D0'
  | 'D1'
  | 'E0'
  | 'K0'
  | 'K1'
  | 'M1'
  | 'M3'
  | 'M6'
  | 'M7'
  | 'P0'
  | 'V1'
  | 'V2'
  | '10'
  | '11'
  | '12';

export interface KeyRecord {
  readonly name: string;
  readonly version: number;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  /** X9.143 mode of use: what the key may do at most. */
  readonly modeOfUse: string;
  /** Six hex digits; empty for EC. TDES: first 3 bytes of ECB(0); AES: of CMAC(0^16). HMAC: of HMAC-SHA256(0^16). */
  readonly kcv: string;
  readonly state: KeyState;
  /** How the value came here. */
  readonly origin: 'generated' | 'key-block' | 'components' | 'cryptogram' | 'provisioned';
  /** Unix ms; 0 = not yet. */
  readonly createdAtMs: number;
  readonly activatedAtMs: number;
  /** Unix ms when the overlap of a retiring key ends; 0 = none. */
  readonly retireAtMs: number;
  readonly destroyedAtMs: number;
  /** Unix ms when a pending key becomes active by itself; 0 = when it is told. */
  readonly activateAtMs: number;
  /** Overlap that the version before it then gets, ms. */
  readonly activateOverlapMs: number;
}

/**
 * Where a new version starts: `pending` waits for activateKey; `active` makes the version that was active retiring, at once or, with `atMs` in the
 * future, when that time comes: until then it is pending. Activating a later version first cancels the schedule.
 */
export interface Activation {
  readonly state: 'pending' | 'active';
  /** How long the version before stays usable to undo, ms; default hsmKeyOverlapMs. */
  readonly overlapMs?: number;
  /** Unix ms; only with `active`. A time that has passed = at once. */
  readonly atMs?: number;
}

export interface ImportKeyBlockItem {
  readonly name: string;
  /** Key block protection key (K1) that the block is under. */
  readonly kbpkRef: KeyRef;
  /** ASCII key block, X9.143 / TR-31 version A, B, C, D or E. */
  readonly keyBlock: string;
  readonly activation: Activation;
  /** If given, the key check value must equal it (2 to 5 bytes as hex). */
  readonly expectedKcv?: string;
}

export interface ImportKeyCryptogramItem {
  readonly name: string;
  /** ZMK (K0) that the key is enciphered under, ECB or CBC with IV 0. */
  readonly zmkRef: KeyRef;
  readonly cryptogram: Buffer;
  readonly mode: 'ecb' | 'cbc';
  readonly usage: KeyUsage;
  readonly expectedKcv: string;
  readonly activation: Activation;
}

export interface ExportKeyBlockItem {
  /** The new key is made here and leaves only in the block: a stored key never does. */
  readonly name: string;
  readonly kbpkRef: KeyRef;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  readonly versionId: 'B' | 'D' | 'E';
  readonly activation: Activation;
}

export interface GenerateKeyItem {
  readonly name: string;
  readonly usage: KeyUsage;
  readonly algorithm: KeyAlgorithm;
  readonly activation: Activation;
}

/** Working keys (P0, M1, M3, M6) for roles gateway and issuer; all for admin. */
export interface KeyCommands {
  /** all: every record, without secrets. `name` absent = all names. */
  listKeys: Command<{ readonly name?: string }, { readonly keys: readonly KeyRecord[] }>;
  /** admin, gateway, issuer: the check value computed anew from the key in the token. */
  keyCheckValue: Command<{ readonly keyRef: KeyRef }, { readonly kcv: string }>;
  /** admin. */
  generateKey: Command<GenerateKeyItem, { readonly key: KeyRecord }>;
  /** admin; gateway and issuer for working keys. */
  importKeyBlock: Command<ImportKeyBlockItem, { readonly key: KeyRecord }>;
  /** admin; gateway and issuer for working keys: dynamic key exchange of networks that send cryptograms. */
  importKeyCryptogram: Command<ImportKeyCryptogramItem, { readonly key: KeyRecord }>;
  /** admin; issuer for working keys: generate and export. */
  exportKeyBlock: Command<ExportKeyBlockItem, { readonly key: KeyRecord; readonly keyBlock: string }>;
  /** admin; gateway and issuer for working keys: pending to active, the one before to retiring. */
  activateKey: Command<{ readonly keyRef: KeyRef; readonly overlapMs?: number }, { readonly key: KeyRecord }>;
  /** admin: active to retiring, now. */
  retireKey: Command<{ readonly keyRef: KeyRef; readonly overlapMs?: number }, { readonly key: KeyRecord }>;
  /** admin: the value is gone from the token; never for an active key. */
  destroyKey: Command<{ readonly keyRef: KeyRef }, { readonly key: KeyRecord }>;
  /** admin: the check value of the initial key of a KSN, never the key: to compare with a terminal's injection record. */
  deriveDukpt: Command<
    { readonly bdkRef: KeyRef; readonly ksn: Buffer; readonly scheme: DukptScheme },
    { readonly kcv: string }
  >;
  /** admin: number of lines and hash of the last line of the audit file: to note elsewhere. */
  auditHead: Command<Record<never, never>, { readonly lines: number; readonly head: string }>;
  /** admin: open a ceremony; it lives in memory for hsmCeremonyMs. */
  ceremonyBegin: Command<
    { readonly name: string; readonly usage: KeyUsage; readonly algorithm: KeyAlgorithm; readonly components: number },
    { readonly ceremonyId: string }
  >;
  /** admin: one operator's component; every operator differs. */
  ceremonyComponent: Command<
    {
      readonly ceremonyId: string;
      readonly operator: string;
      readonly component: Buffer;
      readonly expectedKcv?: string;
    },
    { readonly kcv: string; readonly remaining: number }
  >;
  /** admin: the components' XOR becomes the key; needs an approver who gave none. */
  ceremonyComplete: Command<
    {
      readonly ceremonyId: string;
      readonly approver: string;
      readonly expectedKcv?: string;
      readonly activation: Activation;
    },
    { readonly key: KeyRecord }
  >;
  /** admin: end a ceremony without a key; its components are wiped. */
  ceremonyAbort: Command<{ readonly ceremonyId: string }, Record<never, never>>;
}
