// A small XML reader for machine-made documents: pieces in, elements and their text out. Well-formedness is checked as far as nesting
// and entities go; document types are refused, so there is nothing to expand and nothing to fetch.
import { xmlDepthMax, xmlTokenBytesMax } from '../../../../common/limits.ts';

/** Who is told. Names are without prefix. `byte` is where the tag starts, from 0. */
export interface XmlEvents {
  readonly open: (name: string, attributes: ReadonlyMap<string, string>, byte: number) => void;
  /** `text` is all text directly in the element, trimmed. */
  readonly close: (name: string, text: string, byte: number) => void;
  readonly wrong: (text: string, byte: number) => void;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Reads one document. Bytes are handled as such, so that places are exact; text is UTF-8. */
export class XmlReader {
  private readonly events: XmlEvents;
  private rest = ''; // one character per byte
  private offset = 0;
  private readonly names: string[] = [];
  private readonly texts: string[] = [];
  private stopped = false;
  private roots = 0;

  constructor(events: XmlEvents) {
    this.events = events;
  }

  push(piece: Buffer): void {
    if (this.stopped) return;
    this.rest += piece.toString('latin1');
    let at = 0;
    while (!this.isStopped()) {
      const next = this.token(at);
      if (next < 0) break;
      at = next;
    }
    this.offset += at;
    this.rest = this.rest.slice(at);
    if (this.rest.length > xmlTokenBytesMax) this.stop(`has a tag or text longer than ${xmlTokenBytesMax} bytes`, 0);
  }

  end(): void {
    if (this.stopped) return;
    if (this.rest.trim() !== '' || this.names.length > 0)
      this.stop(`ends inside ${shown(this.names.at(-1))}`, this.rest.length);
    else if (this.roots === 0) this.stop('has no element', 0);
  }

  /** Handles the token at `at`; gives where the next one starts, or -1 if it is not whole yet. */
  private token(at: number): number {
    if (at >= this.rest.length) return -1;
    if (this.rest[at] !== '<') {
      const end = this.rest.indexOf('<', at);
      if (end < 0) return -1;
      this.text(this.rest.slice(at, end), at);
      return end;
    }
    for (const [start, close, use] of [
      ['<!--', '-->', false],
      ['<![CDATA[', ']]>', true],
      ['<?', '?>', false],
    ] as const) {
      if (!this.rest.startsWith(start, at)) {
        // Too little to tell: wait for more.
        if (start.startsWith(this.rest.slice(at))) return -1;
        continue;
      }
      const end = this.rest.indexOf(close, at + start.length);
      if (end < 0) return -1;
      if (use && this.texts.length > 0)
        this.texts[this.texts.length - 1] += utf8(this.rest.slice(at + start.length, end));
      return end + close.length;
    }
    const end = endOfTag(this.rest, at);
    if (end < 0) return -1;
    this.tag(this.rest.slice(at + 1, end), at);
    return end + 1;
  }

  private text(raw: string, at: number): void {
    if (this.names.length === 0) {
      if (raw.replace('\xef\xbb\xbf', '').trim() !== '') this.stop('has text outside its elements', at);
      return;
    }
    const text = this.unescape(raw, at);
    this.texts[this.texts.length - 1] += utf8(text);
  }

  private tag(raw: string, at: number): void {
    if (raw.startsWith('!')) {
      this.stop('has a document type, which is refused', at);
      return;
    }
    if (raw.startsWith('/')) {
      const name = local(raw.slice(1).trim());
      if (this.names.at(-1) !== name) {
        this.stop(`closes ${shown(name)}, open is ${shown(this.names.at(-1))}`, at);
        return;
      }
      this.names.pop();
      this.events.close(name, (this.texts.pop() ?? '').trim(), this.offset + at);
      return;
    }
    const empty = raw.endsWith('/');
    const match = /^([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*$/.exec(
      empty ? raw.slice(0, -1) : raw,
    );
    if (match === null) {
      this.stop('has a tag that cannot be read', at);
      return;
    }
    if (this.names.length === 0) this.roots += 1;
    if (this.names.length >= xmlDepthMax || this.roots > 1) {
      this.stop(this.roots > 1 ? 'has more than one root element' : `is nested deeper than ${xmlDepthMax}`, at);
      return;
    }
    const name = local(match[1] ?? '');
    const attributes = new Map<string, string>();
    for (const [, key = '', value = ''] of (match[2] ?? '').matchAll(/([\w.:-]+)\s*=\s*("[^"]*"|'[^']*')/g)) {
      attributes.set(key, utf8(this.unescape(value.slice(1, -1), at)));
    }
    this.events.open(name, attributes, this.offset + at);
    if (empty) {
      this.events.close(name, '', this.offset + at);
    } else {
      this.names.push(name);
      this.texts.push('');
    }
  }

  private unescape(raw: string, at: number): string {
    if (!raw.includes('&')) return raw;
    return raw.replaceAll(/&([^;&]{0,12});?/g, (all, name: string) => {
      const code = /^#x([0-9a-fA-F]{1,6})$/.exec(name)?.[1] ?? undefined;
      const decimal = /^#(\d{1,7})$/.exec(name)?.[1];
      const point = code === undefined ? (decimal === undefined ? -1 : Number(decimal)) : Number.parseInt(code, 16);
      if (all.endsWith(';') && Object.hasOwn(entities, name)) return entities[name] as string;
      if (all.endsWith(';') && point > 0 && point <= 0x10ffff)
        return Buffer.from(String.fromCodePoint(point), 'utf8').toString('latin1');
      this.stop('has an entity that is not one of XML', at);
      return '';
    });
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private stop(text: string, at: number): void {
    if (this.stopped) return;
    this.stopped = true;
    this.events.wrong(text, this.offset + at);
  }
}

/** Where the tag at `at` ends: the first > that stands in no quotes. */
function endOfTag(text: string, at: number): number {
  let quote = '';
  for (let i = at + 1; i < text.length; i += 1) {
    const c = text[i] as string;
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '>') return i;
  }
  return -1;
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** A tag as a message may show it: what is no name may be anything of a damaged file, card data too. */
function shown(name: string | undefined): string {
  return name !== undefined && /^[A-Za-z][A-Za-z_.-]{0,39}$/.test(name) ? `<${name}>` : 'a tag that is no name';
}
