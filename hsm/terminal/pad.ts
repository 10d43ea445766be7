// A PIN pad in software, for simulated terminals and tests: DUKPT with one key per transaction, PIN blocks, track data. Never in gateway or core.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as blocks from '../crypto/blocks.ts';
import { aesCmac } from '../crypto/cmac.ts';
import * as aes from '../crypto/dukpt-aes.ts';
import * as tdes from '../crypto/dukpt-tdes.ts';
import { padIso9797 } from '../crypto/padding.ts';
import { encipherFormat4, encodePinBlock } from '../crypto/pin-block.ts';
import type { DukptScheme } from '../port.ts';

/** What one transaction of the pad can make; all under the keys of one KSN. */
export interface PadTransaction {
  readonly scheme: DukptScheme;
  /** 10 bytes (TDES) or 12 bytes (AES), with this transaction's counter. */
  readonly ksn: Buffer;
  /** Format of the PIN block: 0 for TDES, 4 for AES. */
  readonly format: 0 | 4;
  /** Enciphered PIN block, ISO 9564-1. */
  pinBlock(pin: string, pan: string): Buffer;
  /** Track 2 (or `PAN=YYMM`) in ASCII, zero-padded, CBC with IV 0 under the data key. */
  encryptTrack(text: string): Buffer;
  /** Request MAC of the pad: retail, 8 bytes (TDES) or CMAC, 16 bytes (AES). */
  mac(data: Buffer): Buffer;
}

/** X9.24-1 skips counters with more than ten bits set; X9.24-3 those with more than sixteen. */
const BITS_MAX = { 'tdes-dukpt': 10, 'aes-dukpt': 16 } as const;

/** A pad with its initial key. The scheme follows from the length of the KSN: 10 bytes TDES, 12 bytes AES. */
export class DukptPad {
  readonly scheme: DukptScheme;
  private readonly initialKey: Buffer;
  private readonly ksn: Buffer;

  constructor(initialKey: Buffer, ksn: Buffer) {
    this.scheme = ksn.length === aes.AES_KSN_BYTES ? 'aes-dukpt' : 'tdes-dukpt';
    this.initialKey = Buffer.from(initialKey);
    this.ksn = Buffer.from(ksn);
  }

  /** The next transaction: its counter is one that was never used by this pad. */
  next(): PadTransaction {
    do this.count();
    while (bitsOf(this.counter) > BITS_MAX[this.scheme] || this.counter === 0);
    const ksn = Buffer.from(this.ksn);
    return this.scheme === 'aes-dukpt' ? aesTransaction(this.initialKey, ksn) : tdesTransaction(this.initialKey, ksn);
  }

  private get counter(): number {
    return this.scheme === 'aes-dukpt' ? aes.counterOf(this.ksn) : tdes.counterOf(this.ksn);
  }

  private count(): void {
    if (this.scheme === 'aes-dukpt') {
      this.ksn.writeUInt32BE((this.counter + 1) >>> 0, 8);
      return;
    }
    const next = (this.counter + 1) & 0x1f_ffff;
    this.ksn[7] = ((this.ksn[7] ?? 0) & 0xe0) | (next >> 16);
    this.ksn.writeUInt16BE(next & 0xffff, 8);
  }
}

function bitsOf(counter: number): number {
  let bits = 0;
  for (let rest = counter; rest !== 0; rest = (rest & (rest - 1)) >>> 0) bits += 1;
  return bits;
}

function tdesTransaction(initialKey: Buffer, ksn: Buffer): PadTransaction {
  const key = (use: tdes.TdesDukptUse): Buffer => tdes.workingKey(tdes.transactionKey(initialKey, ksn), use);
  return {
    scheme: 'tdes-dukpt',
    ksn,
    format: 0,
    pinBlock: (pin, pan) => blocks.desEcbEncrypt(key('pin'), encodePinBlock(0, pin, pan, Buffer.alloc(8))),
    encryptTrack: (text) =>
      blocks.desCbcEncrypt(key('data-request'), Buffer.alloc(8), padIso9797(1, Buffer.from(text, 'latin1'), 8)),
    mac(data) {
      const padded = padIso9797(1, data, 8);
      const macKey = key('mac-request');
      const head = padded.subarray(0, -8);
      const chain =
        head.length === 0
          ? Buffer.alloc(8)
          : blocks.desCbcEncrypt(macKey.subarray(0, 8), Buffer.alloc(8), head).subarray(-8);
      return blocks.desCbcEncrypt(macKey, chain, padded.subarray(-8));
    },
  };
}

function aesTransaction(initialKey: Buffer, ksn: Buffer): PadTransaction {
  const key = (use: aes.AesDukptUse): Buffer =>
    aes.workingKey(aes.transactionKey(initialKey, ksn), ksn, use, aes.aesName(initialKey.length));
  return {
    scheme: 'aes-dukpt',
    ksn,
    format: 4,
    pinBlock: (pin, pan) =>
      encipherFormat4((block) => blocks.aesEcbEncrypt(key('pin'), block), pin, pan, randomBytes(8)),
    encryptTrack: (text) =>
      blocks.aesCbcEncrypt(key('data-encrypt'), Buffer.alloc(16), padIso9797(1, Buffer.from(text, 'latin1'), 16)),
    mac: (data) => aesCmac(key('mac-generate'), data),
  };
}

export interface DevelopmentTerminal {
  readonly scheme: DukptScheme;
  /** BDK name@version for `keyRef` of sealCard and translatePin. */
  readonly keyRef: string;
  readonly pad: DukptPad;
}

/** The pads of the provisioned development terminal (terminal-dev.json). `startCounter` keeps runs from repeating KSNs. */
export function loadDevelopmentTerminal(path: string, startCounter = 0): DevelopmentTerminal[] {
  const file = JSON.parse(readFileSync(path, 'utf8')) as {
    terminals: { scheme: DukptScheme; keyRef: string; ksn: string; initialKey: string }[];
  };
  return file.terminals.map(({ scheme, keyRef, ksn, initialKey }) => {
    const serial = Buffer.from(ksn, 'hex');
    if (scheme === 'aes-dukpt') serial.writeUInt32BE(startCounter, 8);
    else {
      serial[7] = ((serial[7] ?? 0) & 0xe0) | ((startCounter >> 16) & 0x1f);
      serial.writeUInt16BE(startCounter & 0xffff, 8);
    }
    return { scheme, keyRef, pad: new DukptPad(Buffer.from(initialKey, 'hex'), serial) };
  });
}
