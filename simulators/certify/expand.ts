// From the YAML that people write to plain cases: files are included, fragments used, parameters filled in, and the dialect's names become
// its paths and values. Everything that a pack says once and plays in many places lives here; what the steps mean is read-pack.ts's to say.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { projectPath } from '../../common/root.ts';

export type Node = Readonly<Record<string, unknown>>;

/** A pack with nothing left to fill in. */
export interface Expanded {
  readonly name: string;
  readonly specification: string;
  readonly network: string;
  /** Paths by the dialect's name of the field; null for one that the dialect does not have. */
  readonly fields: Readonly<Record<string, string | null>>;
  readonly cases: readonly Node[];
}

/** Folder of the shipped packs, their dialects and cases. */
const shipped = (...parts: string[]): string => projectPath('simulators', 'certify', 'packs', ...parts);

/** A shipped pack by its name, or the path of a file. */
export function packPath(given: string): string {
  return given.endsWith('.yaml') || given.endsWith('.yml') ? given : shipped(`${given}.yaml`);
}

/** Fragments used inside fragments: deeper is a mistake, most likely a circle. */
const depthMax = 8;

type Parameters = Readonly<Record<string, unknown>>;

/** Reads a pack with all that it names; its faults are told beside it, so that the ones of its cases can be found, too. */
export function expandPack(text: string, folder: string): { readonly expanded: Expanded; readonly faults: string[] } {
  const expander = new Expander();
  const expanded = expander.pack(text, folder);
  return { expanded, faults: expander.faults };
}

class Expander {
  readonly faults: string[] = [];
  private fragments: Record<string, Node> = {};
  private dialect = '';

  pack(text: string, folder: string): Expanded {
    const pack = this.known(this.yaml(text, 'pack'), 'pack', [
      'pack',
      'dialect',
      'network',
      'include',
      'parameters',
      'fragments',
      'cases',
    ]);
    this.dialect = textOf(pack['dialect'] ?? 'iso87');
    const dialect = this.known(this.file(this.dialect, folder, 'dialects'), `dialect ${this.dialect}`, [
      'dialect',
      'specification',
      'network',
      'parameters',
      'fields',
      'fragments',
    ]);
    this.dialect = textOf(dialect['dialect'] ?? this.dialect);
    const includes = list(pack['include']).map((one) => textOf(one));
    const files = includes.map((name) =>
      this.known(this.file(name, folder, 'cases'), `file ${name}`, ['fragments', 'cases']),
    );
    const sources = [dialect, ...files, pack];
    for (const source of sources)
      this.fragments = { ...this.fragments, ...(mapping(source['fragments']) as Record<string, Node>) };
    const parameters = { ...mapping(dialect['parameters']), ...mapping(pack['parameters']) };
    const cases = sources.flatMap((source) => list(source['cases']).flatMap((one) => this.cases(one, parameters)));
    return {
      name: textOf(pack['pack'] ?? ''),
      specification: textOf(dialect['specification'] ?? ''),
      network: textOf(pack['network'] ?? dialect['network'] ?? ''),
      fields: Object.fromEntries(
        Object.entries(mapping(dialect['fields'])).map(([name, path]) => [name, path === null ? null : textOf(path)]),
      ),
      cases,
    };
  }

  /** A case, once for every row of `each`; none when it is not for this dialect. */
  private cases(given: unknown, parameters: Parameters): Node[] {
    const one = mapping(given);
    if (one['only'] !== undefined && !list(one['only']).includes(this.dialect)) return [];
    if (list(one['not']).includes(this.dialect)) return [];
    const each = this.fill(one['each'], parameters, 'each');
    const rows = each === undefined ? [{}] : list(each).map((row) => mapping(row));
    return rows.map((row) => {
      const own = { ...parameters, ...mapping(one['parameters']), ...row };
      const { each: _each, only: _only, not: _not, parameters: _parameters, ...rest } = one;
      const name = textOf(this.fill(rest['case'] ?? '', own, 'a case'));
      const place = name === '' ? 'a case' : `case ${name}`;
      const steps = list(rest['steps']).flatMap((step) => this.step(step, own, place, 0));
      return { ...mapping(this.fill({ ...rest, steps: [] }, own, place)), steps };
    });
  }

  /** A step; more than one when it uses a fragment of steps. */
  private step(given: unknown, parameters: Parameters, place: string, depth: number): unknown[] {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return [given];
    const { use, with: withs, ...rest } = given as Record<string, unknown>;
    const own = { ...parameters, ...mapping(this.fill(withs ?? {}, parameters, place)) };
    if (use === undefined) return [this.fill(rest, own, place)];
    if (depth >= depthMax) {
      this.faults.push(`${place}: fragments use each other more than ${depthMax} deep`);
      return [];
    }
    const before: unknown[] = [];
    let merged: Record<string, unknown> = {};
    for (const name of list(use).map((one) => textOf(one))) {
      const fragment = this.fragments[name];
      if (fragment === undefined) {
        this.faults.push(
          `${place}: there is no fragment ${name} (there are ${Object.keys(this.fragments).join(', ')})`,
        );
        continue;
      }
      const { steps, ...body } = fragment as Record<string, unknown>;
      before.push(...list(steps).flatMap((step) => this.step(step, own, place, depth + 1)));
      if (Object.keys(body).length === 0) continue;
      for (const part of this.step(body, own, place, depth + 1)) merged = merge(merged, mapping(part));
    }
    merged = merge(merged, mapping(this.fill(rest, own, place)));
    return Object.keys(merged).length === 0 ? before : [...before, merged];
  }

  /** Fills `${name}` in every text of a value, keys too. A value that is one parameter and nothing else keeps the parameter's type. */
  private fill(given: unknown, parameters: Parameters, place: string, depth = 0): unknown {
    if (typeof given === 'string') return this.fillText(given, parameters, place, depth);
    if (Array.isArray(given)) return given.map((one) => this.fill(one, parameters, place, depth));
    if (typeof given !== 'object' || given === null) return given;
    return Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        textOf(this.fill(name, parameters, place, depth)),
        this.fill(value, parameters, place, depth),
      ]),
    );
  }

  private fillText(text: string, parameters: Parameters, place: string, depth: number): unknown {
    if (!text.includes('${')) return text;
    const value = (name: string): unknown => {
      const found = name.split('.').reduce<unknown>((at, part) => mapping(at)[part], parameters);
      if (found !== undefined && depth < depthMax) return this.fill(found, parameters, place, depth + 1);
      this.faults.push(`${place}: there is no parameter ${name}`);
      return '';
    };
    const whole = /^\$\{([\w.-]+)\}$/.exec(text)?.[1];
    if (whole !== undefined) return value(whole);
    return text.replace(/\$\{([\w.-]+)\}/g, (_, name: string) => textOf(value(name)));
  }

  private file(name: string, folder: string, kind: 'dialects' | 'cases'): Node {
    const path = /\.ya?ml$/.test(name) ? resolve(folder, name) : shipped(kind, `${name}.yaml`);
    try {
      return this.yaml(readFileSync(path, 'utf8'), name);
    } catch {
      this.faults.push(`${name}: there is no such file${/\.ya?ml$/.test(name) ? '' : ` (shipped: ${path})`}`);
      return {};
    }
  }

  private yaml(text: string, place: string): Node {
    try {
      // All scalars as they are written: 126.10 is a path and 0200 a message type, not numbers.
      return mapping(withNothing(parse(text, { schema: 'failsafe' }) as unknown));
    } catch (error) {
      this.faults.push(`${place}: is not YAML: ${error instanceof Error ? error.message : 'unknown'}`);
      return {};
    }
  }

  private known(node: Node, place: string, names: readonly string[]): Node {
    for (const name of Object.keys(node)) if (!names.includes(name)) this.faults.push(`${place}.${name}: is not known`);
    return node;
  }
}

/** `~` is nothing. */
function withNothing(given: unknown): unknown {
  if (given === '~') return null;
  if (Array.isArray(given)) return given.map(withNothing);
  if (!isMapping(given)) return given;
  return Object.fromEntries(Object.entries(mapping(given)).map(([name, value]) => [name, withNothing(value)]));
}

/** The later one wins; mappings are joined name by name. */
function merge(a: Node, b: Node): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const both = isMapping(merged[name]) && isMapping(value);
    merged[name] = both ? { ...mapping(merged[name]), ...mapping(value) } : value;
  }
  return merged;
}

function isMapping(given: unknown): boolean {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function mapping(given: unknown): Node {
  return isMapping(given) ? (given as Node) : {};
}

function list(given: unknown): unknown[] {
  return given === undefined || given === null ? [] : Array.isArray(given) ? (given as unknown[]) : [given];
}

function textOf(given: unknown): string {
  return typeof given === 'string' || typeof given === 'number' || typeof given === 'boolean' ? String(given) : '';
}

/** Folder that a pack's own files are looked for in. */
export function folderOf(path: string): string {
  return dirname(resolve(path));
}
