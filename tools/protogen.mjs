// Generates proto/gen/**.ts from proto/**.proto: types with bigint and unions, static encoders and decoders, and grpc-js service definitions.
// Usage: node tools/protogen.mjs [--check]   (--check: fail if what is committed differs; writes nothing)
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const protoDir = join(root, 'proto');
const files = readdirSync(protoDir, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.proto'))
  .sort();

const pool = new protobuf.Root();
pool.resolvePath = (_origin, target) => (target.startsWith(protoDir) ? target : join(protoDir, target));
for (const file of files)
  pool.loadSync(join(protoDir, file), { keepCase: true, alternateCommentMode: true, preferTrailingComment: false });
pool.resolveAll();

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());
const snakeCaps = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1);
const outOf = (file) => join(protoDir, 'gen', file.replace(/\.proto$/, '.ts'));
const fileOf = (type) => relative(protoDir, type.filename);

const scalars = {
  string: { ts: 'string', zero: "''", wire: 2, method: 'string' },
  bytes: { ts: 'Buffer', zero: 'emptyBytes', wire: 2, method: 'bytes' },
  bool: { ts: 'boolean', zero: 'false', wire: 0, method: 'bool' },
  uint32: { ts: 'number', zero: '0', wire: 0, method: 'uint32' },
  int64: { ts: 'bigint', zero: '0n', wire: 0, method: 'int64' },
};

function doc(text, indent = '') {
  if (!text) return '';
  const lines = text.split('\n');
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((l) => `${indent} * ${l}`).join('\n')}\n${indent} */\n`;
}

function kindOf(field) {
  if (field.map) return { map: true, ts: 'Map<string, string>', zero: 'new Map()', wire: 2 };
  const type = field.resolvedType;
  if (type instanceof protobuf.Enum)
    return { enum: type.name, ts: type.name, zero: "'UNSPECIFIED'", wire: 0, from: type };
  if (type instanceof protobuf.Type)
    return { message: type.name, ts: type.name, zero: 'undefined', wire: 2, from: type };
  const scalar = scalars[field.type];
  if (!scalar) throw new Error(`${field.fullName}: the generator has no rule for ${field.type}`);
  return scalar;
}

const presence = (field) => Boolean(field.options?.proto3_optional);
const inOneof = (field) => field.partOf && !presence(field);

function writeValue(kind, value) {
  if (kind.enum) return `w.uint32(${kind.enum}Number[${value}]);`;
  if (kind.message) return `{ const at = w.open(); encode${kind.message}(${value}, w); w.close(at); }`;
  return `w.${kind.method}(${value});`;
}
function readValue(kind) {
  if (kind.enum) return `${kind.enum}Values[r.uint32()] ?? 'UNRECOGNIZED'`;
  if (kind.message) return `decode${kind.message}(r.part())`;
  return `r.${kind.method}()`;
}
const tagOf = (field, kind) => ((field.id << 3) | kind.wire) >>> 0;

function genEnum(type, out) {
  const prefix = `${snakeCaps(type.name)}_`;
  const entries = Object.entries(type.values).sort((a, b) => a[1] - b[1]);
  entries.forEach(([name, number], i) => {
    if (number !== i) throw new Error(`${type.fullName}: enum numbers must be dense from 0`);
    if (!name.startsWith(prefix)) throw new Error(`${type.fullName}.${name}: must start with ${prefix}`);
  });
  const names = entries.map(([name]) => name.slice(prefix.length));
  out.push(
    `${doc(type.comment)}export type ${type.name} =\n${entries.map(([name]) => `${doc(type.comments?.[name], '  ')}  | '${name.slice(prefix.length)}'`).join('\n')}\n  /** A number that this version does not know. */\n  | 'UNRECOGNIZED';`,
  );
  out.push(
    `/** ${type.name} by its number on the wire. */\nexport const ${type.name}Values: readonly ${type.name}[] = [${names.map((n) => `'${n}'`).join(', ')}];`,
  );
  out.push(
    `const ${type.name}Number: Readonly<Record<${type.name}, number>> = { ${names.map((n, i) => `${n}: ${i}`).join(', ')}, UNRECOGNIZED: 0 };`,
  );
}

function membersOf(type) {
  const members = [];
  const seen = new Set();
  for (const field of type.fieldsArray) {
    if (inOneof(field)) {
      if (seen.has(field.partOf.name)) continue;
      seen.add(field.partOf.name);
      members.push({ oneof: field.partOf, name: camel(field.partOf.name) });
    } else members.push({ field, name: camel(field.name) });
  }
  return members;
}

function memberType(member) {
  if (member.oneof)
    return `${member.oneof.fieldsArray.map((f) => `{ readonly case: '${camel(f.name)}'; readonly value: ${kindOf(f).ts} }`).join(' | ')} | undefined`;
  const kind = kindOf(member.field);
  if (member.field.repeated) return `${kind.ts}[]`;
  return kind.message || presence(member.field) ? `${kind.ts} | undefined` : kind.ts;
}
function memberZero(member) {
  if (member.oneof) return 'undefined';
  if (member.field.repeated) return '[]';
  return presence(member.field) ? 'undefined' : kindOf(member.field).zero;
}

function encodeMember(member) {
  const ref = `m.${member.name}`;
  if (member.oneof) {
    const cases = member.oneof.fieldsArray.map((f) => {
      const k = kindOf(f);
      return `      case '${camel(f.name)}': w.uint32(${tagOf(f, k)}); ${writeValue(k, `${ref}.value`)} break;`;
    });
    return `  if (${ref} !== undefined) {\n    switch (${ref}.case) {\n${cases.join('\n')}\n    }\n  }`;
  }
  const { field } = member;
  const kind = kindOf(field);
  const tag = tagOf(field, kind);
  if (kind.map)
    return `  for (const [key, value] of ${ref}) { w.uint32(${tag}); const at = w.open(); w.uint32(10); w.string(key); w.uint32(18); w.string(value); w.close(at); }`;
  if (field.repeated) {
    if (kind.wire === 0)
      return `  if (${ref}.length > 0) { w.uint32(${((field.id << 3) | 2) >>> 0}); const at = w.open(); for (const value of ${ref}) { ${writeValue(kind, 'value')} } w.close(at); }`;
    return `  for (const value of ${ref}) { w.uint32(${tag}); ${writeValue(kind, 'value')} }`;
  }
  const present =
    kind.message || presence(field)
      ? `${ref} !== undefined`
      : kind.method === 'bytes'
        ? `${ref}.length > 0`
        : kind.enum
          ? `${ref} !== 'UNSPECIFIED'`
          : kind.method === 'bool'
            ? ref
            : `${ref} !== ${kind.zero}`;
  return `  if (${present}) { w.uint32(${tag}); ${writeValue(kind, ref)} }`;
}

function decodeField(field) {
  const kind = kindOf(field);
  const name = `m.${camel(field.name)}`;
  if (inOneof(field))
    return `      case ${tagOf(field, kind)}: m.${camel(field.partOf.name)} = { case: '${camel(field.name)}', value: ${readValue(kind)} }; break;`;
  if (kind.map)
    return `      case ${tagOf(field, kind)}: { const part = r.part(); let key = ''; let value = ''; while (part.position < part.end) { const t = part.uint32(); if (t === 10) key = part.string(); else if (t === 18) value = part.string(); else part.skip(t); } ${name}.set(key, value); break; }`;
  if (field.repeated && kind.wire === 0)
    return `      case ${((field.id << 3) | 2) >>> 0}: { const part = r.part(); while (part.position < part.end) ${name}.push(${readValue(kind).replaceAll('r.', 'part.')}); break; }\n      case ${tagOf(field, kind)}: ${name}.push(${readValue(kind)}); break;`;
  if (field.repeated) return `      case ${tagOf(field, kind)}: ${name}.push(${readValue(kind)}); break;`;
  return `      case ${tagOf(field, kind)}: ${name} = ${readValue(kind)}; break;`;
}

function genMessage(type, out) {
  const members = membersOf(type);
  const name = type.name;
  out.push(
    `${doc(type.comment)}export interface ${name} {\n${members.map((m) => `${doc(m.field?.comment ?? (m.oneof ? m.oneof.fieldsArray.map((f) => `${camel(f.name)}: ${f.comment ?? ''}`).join('\n') : ''), '  ')}  ${m.name}: ${memberType(m)};`).join('\n')}\n}`,
  );
  const empty = members.length === 0;
  out.push(
    `/** Encodes a ${name} into \`w\`. */\nexport function encode${name}(${empty ? '_m' : 'm'}: ${name}, ${empty ? '_w' : 'w'}: WireWriter): void {\n${members.map(encodeMember).join('\n')}\n}`,
  );
  out.push(
    `/** Decodes a ${name} to the end of \`r\`; throws WireError. */\nexport function decode${name}(r: WireReader): ${name} {\n  const m: ${name} = { ${members.map((x) => `${x.name}: ${memberZero(x)}`).join(', ')} };\n  while (r.position < r.end) {\n    const tag = r.uint32();\n    switch (tag) {\n${type.fieldsArray.map(decodeField).join('\n')}\n      default: r.skip(tag);\n    }\n  }\n  return m;\n}`,
  );
  out.push(
    `/** ${name}: making, encoding and decoding. */\nexport const ${name} = {\n  /** A message with defaults where nothing is given. */\n  create: (init: Partial<${name}> = {}): ${name} => ({ ${members.map((x) => `${x.name}: ${memberZero(x)}, `).join('')}...init }),\n  /** The bytes of a message. */\n  encode: (message: ${name}): Buffer => encodeWith(encode${name}, message),\n  /** A message from bytes; throws WireError. */\n  decode: (bytes: Buffer): ${name} => decode${name}(new WireReader(bytes)),\n};`,
  );
}

function genService(service, out) {
  const methods = service.methodsArray.map((method) => {
    const request = method.resolvedRequestType.name;
    const response = method.resolvedResponseType.name;
    return `${doc(method.comment, '  ')}  ${lowerFirst(method.name)}: method<${request}, ${response}, ${Boolean(method.requestStream)}, ${Boolean(method.responseStream)}>('/${service.fullName.slice(1)}/${method.name}', ${Boolean(method.requestStream)}, ${Boolean(method.responseStream)}, ${request}, ${response}),`;
  });
  out.push(`${doc(service.comment)}export const ${service.name} = {\n${methods.join('\n')}\n} as const;`);
}

function generate(file) {
  const body = [];
  const types = [];
  pool.nestedArray.forEach(function walk(node) {
    if (
      (node instanceof protobuf.Type || node instanceof protobuf.Enum || node instanceof protobuf.Service) &&
      node.filename &&
      fileOf(node) === file
    )
      types.push(node);
    if (node.nestedArray && !(node instanceof protobuf.Type)) node.nestedArray.forEach(walk);
  });
  types.sort((a, b) => Number(a instanceof protobuf.Service) - Number(b instanceof protobuf.Service)); // services use the messages' codecs
  for (const type of types) {
    if (type instanceof protobuf.Enum) genEnum(type, body);
    else if (type instanceof protobuf.Service) genService(type, body);
    else genMessage(type, body);
  }
  const text = body.join('\n\n');
  const here = outOf(file);
  const rel = (target) => {
    const path = relative(dirname(here), target);
    return path.startsWith('.') ? path : `./${path}`;
  };
  const imports = [];
  const wire = ['WireReader', 'WireWriter', 'encodeWith'].filter((n) => new RegExp(`\\b${n}\\b`).test(text));
  if (wire.length > 0)
    imports.push(
      `import { ${wire.map((n) => (n === 'WireWriter' ? 'type WireWriter' : n)).join(', ')} } from '${rel(join(protoDir, 'wire.ts'))}';`,
    );
  if (types.some((x) => x instanceof protobuf.Service))
    imports.push(`import { method } from '${rel(join(protoDir, 'service.ts'))}';`);
  for (const other of files.filter((f) => f !== file)) {
    const names = [];
    pool.nestedArray.forEach(function walk(node) {
      if (node.filename && fileOf(node) === other) {
        if (node instanceof protobuf.Type) {
          if (new RegExp(`\\b(encode|decode)${node.name}\\b`).test(text))
            for (const p of ['encode', 'decode'])
              if (new RegExp(`\\b${p}${node.name}\\b`).test(text)) names.push(`${p}${node.name}`);
          if (
            new RegExp(`: ${node.name}\\b|\\b${node.name}[\\[\\];,|> ]`).test(text.replace(/\/\*\*[\s\S]*?\*\//g, ''))
          )
            names.push(new RegExp(`, ${node.name}[,)]`).test(text) ? node.name : `type ${node.name}`);
        } else if (
          node instanceof protobuf.Enum &&
          new RegExp(`\\b${node.name}(Values)?\\b`).test(text.replace(/\/\*\*[\s\S]*?\*\//g, ''))
        ) {
          names.push(`type ${node.name}`);
          if (text.includes(`${node.name}Values[`)) names.push(`${node.name}Values`);
          if (text.includes(`${node.name}Number[`)) names.push(`${node.name}Number`);
        }
      }
      if (node.nestedArray && !(node instanceof protobuf.Type)) node.nestedArray.forEach(walk);
    });
    if (names.length > 0) imports.push(`import { ${[...new Set(names)].join(', ')} } from '${rel(outOf(other))}';`);
  }
  const bytes = text.includes('emptyBytes') ? '\nconst emptyBytes = Buffer.alloc(0);\n' : '';
  return `// Generated from proto/${file} by tools/protogen.mjs (make proto). Do not edit.\n${imports.join('\n')}\n${bytes}\n${text.replace(/^const (\w+Number): /gm, 'export const $1: ')}\n`;
}

// The compiler's own descriptors, for server reflection.
const descriptors = join(protoDir, 'gen', 'descriptors.binpb');
const buf = join(root, 'node_modules', '.bin', 'buf');
const built = execFileSync(
  buf,
  ['build', '--as-file-descriptor-set', '--exclude-source-info', '-o', '-#format=binpb'],
  { cwd: root },
);

const check = process.argv.includes('--check');
let stale = 0;
if (!check) writeFileSync(descriptors, built);
else if (!existsSync(descriptors) || !readFileSync(descriptors).equals(built)) {
  console.error(`${relative(root, descriptors)} is not what proto/ says: run make proto and commit it`);
  stale += 1;
}
for (const file of files) {
  const text = generate(file);
  const target = outOf(file);
  if (check) {
    if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
      console.error(`${relative(root, target)} is not what proto/${file} says: run make proto and commit it`);
      stale += 1;
    }
    continue;
  }
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}
if (stale > 0) process.exit(1);
