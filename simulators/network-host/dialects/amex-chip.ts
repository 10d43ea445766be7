// DE55 of the amex-like network: a header, then BER-TLV that no message profile looks into. Judged here, tag by tag. Public facts only; see specs/amex-like.json.

/** The header's name, in answers too. */
export const headerName = 'AGNS';
/** The header's version, in answers too. */
export const headerVersion: Buffer = Buffer.from('0001', 'hex');

/** What an online request must carry (EMV book 3, annex A), with its bytes; the issuer application data are as long as the chip makes them. */
const mandatory: ReadonlyArray<readonly [tag: string, bytes: number | undefined]> = [
  ['9F26', 8],
  ['9F10', undefined],
  ['9F37', 4],
  ['9F36', 2],
  ['95', 5],
  ['9A', 3],
  ['9C', 1],
  ['9F02', 6],
  ['5F2A', 2],
  ['9F1A', 2],
  ['82', 2],
  ['9F03', 6],
  ['9F27', 1],
];

/** Card data in clear: they have no place beside DE2, DE14 and DE35. */
const forbidden = ['5A', '57', '56', '5F20', '5F24', '9F1F', '9F20', '9F6B'] as const;

/** Tags and values, upper-case hexadecimal; undefined if the data are no BER-TLV with short lengths, or a tag comes twice. */
export function readTags(data: Buffer): ReadonlyMap<string, string> | undefined {
  const tags = new Map<string, string>();
  let at = 0;
  while (at < data.length) {
    let stop = at + 1;
    if (((data[at] ?? 0) & 0x1f) === 0x1f) while (((data[stop++] ?? 0) & 0x80) !== 0);
    const length = data[stop] ?? 0x80;
    const tag = data.toString('hex', at, stop).toUpperCase();
    if (length >= 0x80 || stop + 1 + length > data.length || tags.has(tag)) return undefined;
    tags.set(tag, data.toString('hex', stop + 1, stop + 1 + length).toUpperCase());
    at = stop + 1 + length;
  }
  return tags;
}

/** The first fault of the chip data of a request, by name; undefined for none. */
export function chipFault(name: string, version: Buffer, data: Buffer): string | undefined {
  if (name !== headerName) return 'DE55: header is not AGNS';
  if (!version.equals(headerVersion)) return 'DE55: header version is not 0001';
  const tags = readTags(data);
  if (tags === undefined) return 'DE55: not BER-TLV';
  for (const tag of forbidden) if (tags.has(tag)) return `DE55: ${tag} not allowed`;
  for (const [tag, bytes] of mandatory) {
    const value = tags.get(tag);
    if (value === undefined) return `DE55: ${tag} missing`;
    if (bytes !== undefined && value.length !== bytes * 2) return `DE55: ${tag} is not ${bytes} bytes`;
  }
  return undefined;
}
