/** An XML element of a packager definition: no text, no namespaces. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
  readonly children: XmlElement[];
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const tokenPattern =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[[\s\S]*?\]\]>|<![^>]*>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g;
const attributePattern = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/**
 * Reads the small XML that packager definitions are: elements and attributes. Comments, declarations and text are skipped; entities
 * other than the five of XML are left as they stand, and nothing outside of the text is ever loaded.
 * @throws Error when elements do not nest.
 */
export function parseXml(text: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [] };
  const open: XmlElement[] = [root];
  for (const match of text.matchAll(tokenPattern)) {
    const [, closing, name, attributes, empty] = match;
    if (name === undefined) continue;
    if (closing === '/') {
      if (open.length < 2 || open.pop()!.name !== name) throw new Error(`</${name}> closes nothing`);
      continue;
    }
    const element: XmlElement = { name, attributes: attributesOf(attributes ?? ''), children: [] };
    open[open.length - 1]!.children.push(element);
    if (empty !== '/') open.push(element);
  }
  if (open.length > 1) throw new Error(`<${open[open.length - 1]!.name}> is not closed`);
  const first = root.children[0];
  if (first === undefined) throw new Error('there is no element');
  return first;
}

function attributesOf(text: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [, name, double, single] of text.matchAll(attributePattern))
    out[name!] = (double ?? single ?? '').replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => entities[entity]!);
  return out;
}
