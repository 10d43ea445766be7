// Key blocks, ANSI X9.143-2021 / TR-31:2018: header, optional blocks, derivation, sealing. Pure: the block protection key is used by who holds it.
import { timingSafeEqual } from 'node:crypto';
import * as blocks from './blocks.ts';
import { aesCmac, desCmac } from './cmac.ts';

export type KeyBlockVersion = 'A' | 'B' | 'C' | 'D' | 'E';

interface VersionRow {
  /** The block must have a multiple of this many characters, and its header too. */
  readonly multiple: 2 | 8 | 16;
  readonly macBytes: 4 | 8 | 16;
  readonly cipher: 'T' | 'A';
}

export const VERSIONS: { readonly [V in KeyBlockVersion]: VersionRow } = {
  A: { multiple: 8, macBytes: 4, cipher: 'T' },
  B: { multiple: 8, macBytes: 8, cipher: 'T' },
  C: { multiple: 8, macBytes: 4, cipher: 'T' },
  D: { multiple: 16, macBytes: 16, cipher: 'A' },
  E: { multiple: 2, macBytes: 16, cipher: 'A' },
};

export interface OptionalBlock {
  readonly id: string;
  readonly data: string;
}

export interface KeyBlockHeader {
  readonly versionId: KeyBlockVersion;
  readonly usage: string;
  readonly algorithm: string;
  readonly modeOfUse: string;
  readonly keyVersion: string;
  readonly exportability: string;
  readonly optional: readonly OptionalBlock[];
}

export interface ParsedKeyBlock {
  readonly header: KeyBlockHeader;
  /** The header with its optional blocks, as sent: authenticated. */
  readonly text: string;
  readonly ciphertext: Buffer;
  readonly mac: Buffer;
}

const HEADER_CHARS = 16;

/** Undefined when the text is not a key block; says nothing about keys. X9.143 5 and 6. */
export function parseKeyBlock(block: string): ParsedKeyBlock | undefined {
  const match =
    /^([ABCDE])([0-9]{4})([0-9A-Z]{2})([0-9A-Z])([0-9A-Z])([0-9A-Za-z]{2})([0-9A-Z])([0-9]{2})([0-9A-Z]{2})/.exec(
      block,
    );
  if (match === null) return undefined;
  const [
    ,
    versionId = '',
    length = '',
    usage = '',
    algorithm = '',
    modeOfUse = '',
    keyVersion = '',
    exportability = '',
    count = '',
  ] = match;
  const row = VERSIONS[versionId as KeyBlockVersion];
  if (Number(length) !== block.length || block.length % row.multiple !== 0) return undefined;
  const optional = parseOptional(block, Number(count));
  if (optional === undefined || optional.end % row.multiple !== 0) return undefined;
  const rest = block.slice(optional.end);
  if (!/^[0-9A-F]*$/i.test(rest)) return undefined;
  const data = Buffer.from(rest, 'hex');
  const ciphertext = data.subarray(0, data.length - row.macBytes);
  if (data.length * 2 !== rest.length || data.length <= row.macBytes) return undefined;
  if (versionId !== 'E' && ciphertext.length % (row.cipher === 'A' ? 16 : 8) !== 0) return undefined;
  const header = {
    versionId: versionId as KeyBlockVersion,
    usage,
    algorithm,
    modeOfUse,
    keyVersion,
    exportability,
    optional: optional.list,
  };
  return { header, text: block.slice(0, optional.end), ciphertext, mac: data.subarray(ciphertext.length) };
}

/** Optional blocks: id, two hex digits of length that include id and length; 00 = an extended length follows. X9.143 6.3.6. */
function parseOptional(
  block: string,
  count: number,
): { readonly list: OptionalBlock[]; readonly end: number } | undefined {
  const list: OptionalBlock[] = [];
  let at = HEADER_CHARS;
  for (let i = 0; i < count; i++) {
    const id = block.slice(at, at + 2);
    let lengthText = block.slice(at + 2, at + 4);
    let dataAt = at + 4;
    if (lengthText === '00') {
      // Number of hex digits that hold the length.
      const digits = Number.parseInt(block.slice(at + 4, at + 6), 16);
      if (!(digits >= 2 && digits <= 8)) return undefined;
      lengthText = block.slice(at + 6, at + 6 + digits);
      dataAt = at + 6 + digits;
    }
    const length = /^[0-9A-F]+$/i.test(lengthText) ? Number.parseInt(lengthText, 16) : 0;
    if (!/^[0-9A-Z]{2}$/i.test(id) || at + length < dataAt || at + length > block.length) return undefined;
    list.push({ id, data: block.slice(dataAt, at + length) });
    at += length;
  }
  return { list, end: at };
}

/** Block protection keys made from a KBPK. */
export interface BlockKeys {
  readonly encryption: Buffer;
  readonly authentication: Buffer;
}

/** Keys of versions B, D and E: CMAC with the KBPK over counter, usage, algorithm and length. X9.143 7.3. `cmac` is with the KBPK. */
export function deriveBlockKeys(
  versionId: 'B' | 'D' | 'E',
  kbpkBytes: number,
  cmac: (data: Buffer) => Buffer,
): BlockKeys {
  const derive = (usage: number): Buffer => {
    const aes = versionId !== 'B';
    const algorithm = aes ? { 16: 2, 24: 3, 32: 4 }[kbpkBytes] : { 16: 0, 24: 1 }[kbpkBytes];
    const parts: Buffer[] = [];
    for (let counter = 1; Buffer.concat(parts).length < kbpkBytes; counter++) {
      const data = Buffer.alloc(8);
      data[0] = counter;
      data.writeUInt16BE(usage, 1);
      data.writeUInt16BE(algorithm ?? 0, 4);
      data.writeUInt16BE(kbpkBytes * 8, 6);
      parts.push(cmac(data));
    }
    return Buffer.concat(parts).subarray(0, kbpkBytes);
  };
  return { encryption: derive(versionId === 'E' ? 2 : 0), authentication: derive(1) };
}

/** Payload: bit length, key, random fill to `fill` bytes. */
export function packKey(key: Buffer, fill: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(key.length * 8, 0);
  return Buffer.concat([length, key, fill]);
}

/** The key of a clear payload, or undefined when its length cannot be. */
export function unpackKey(payload: Buffer): Buffer | undefined {
  const bits = payload.length < 2 ? 0 : payload.readUInt16BE(0);
  if (bits === 0 || bits % 8 !== 0 || 2 + bits / 8 > payload.length) return undefined;
  return Buffer.from(payload.subarray(2, 2 + bits / 8));
}

/** Open a block of version B, D or E: decipher, then the MAC over header and clear payload. Undefined when the MAC differs. */
export function openDerivedBlock(block: ParsedKeyBlock, keys: BlockKeys): Buffer | undefined {
  const { versionId } = block.header;
  const iv = block.mac;
  const payload =
    versionId === 'B'
      ? blocks.desCbcDecrypt(keys.encryption, iv, block.ciphertext)
      : versionId === 'D'
        ? blocks.aesCbcDecrypt(keys.encryption, iv, block.ciphertext)
        : blocks.aesCtr(keys.encryption, iv, block.ciphertext);
  const mac = (versionId === 'B' ? desCmac : aesCmac)(
    keys.authentication,
    Buffer.concat([Buffer.from(block.text, 'latin1'), payload]),
  );
  const key = timingSafeEqual(mac, block.mac) ? unpackKey(payload) : undefined;
  payload.fill(0);
  return key;
}

/** Open a block of version A or C: the MAC is over header and ciphertext, the IV is the header. TR-31:2018 5.3.1. */
export function openVariantBlock(
  block: ParsedKeyBlock,
  decryptCbc: (iv: Buffer, data: Buffer) => Buffer,
  cbcMac: (data: Buffer) => Buffer,
): Buffer | undefined {
  const header = Buffer.from(block.text, 'latin1');
  const mac = cbcMac(Buffer.concat([header, block.ciphertext])).subarray(0, 4);
  if (!timingSafeEqual(mac, block.mac)) return undefined;
  const payload = decryptCbc(header.subarray(0, 8), block.ciphertext);
  const key = unpackKey(payload);
  payload.fill(0);
  return key;
}

/** Make a block of version B, D or E. The key is padded to the longest of its algorithm, so that its length does not show. `random` gives fill. */
export function sealDerivedBlock(
  header: Omit<KeyBlockHeader, 'optional'> & { readonly versionId: 'B' | 'D' | 'E' },
  key: Buffer,
  keys: BlockKeys,
  random: (bytes: number) => Buffer,
): string {
  const { versionId } = header;
  const unit = versionId === 'D' ? 16 : 8;
  const longest = Math.max(key.length, header.algorithm === 'T' ? 24 : 32);
  const padded = Math.ceil((2 + longest) / unit) * unit;
  const payload = packKey(key, random(padded - 2 - key.length));
  const length = HEADER_CHARS + (payload.length + VERSIONS[versionId].macBytes) * 2;
  const text = `${versionId}${String(length).padStart(4, '0')}${header.usage}${header.algorithm}${header.modeOfUse}${header.keyVersion}${header.exportability}0000`;
  const mac = (versionId === 'B' ? desCmac : aesCmac)(
    keys.authentication,
    Buffer.concat([Buffer.from(text, 'latin1'), payload]),
  );
  const ciphertext =
    versionId === 'B'
      ? blocks.desCbcEncrypt(keys.encryption, mac, payload)
      : versionId === 'D'
        ? blocks.aesCbcEncrypt(keys.encryption, mac, payload)
        : blocks.aesCtr(keys.encryption, mac, payload);
  payload.fill(0);
  return text + Buffer.concat([ciphertext, mac]).toString('hex').toUpperCase();
}
