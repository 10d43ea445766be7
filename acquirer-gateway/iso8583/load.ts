import { readdirSync, readFileSync } from 'node:fs';
import { projectPath } from '../../common/root.ts';
import { compileSpec, type Dialect } from './dialect.ts';
import { compileProfile, type Profile } from './profile.ts';

// The only file of the codec that touches the disk.

const loaded = new Map<string, Dialect>();

/**
 * A shipped dialect by name: acquirer-gateway/specs/NAME.json, compiled once per process.
 * @throws SpecError for a faulty specification, Error for an unknown name.
 */
export function loadDialect(name: string): Dialect {
  const found = loaded.get(name);
  if (found !== undefined) return found;
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new Error('a dialect is named with lower-case letters, digits and dashes');
  const dialect = compileSpec(readJson(projectPath('acquirer-gateway', 'specs', `${name}.json`)));
  loaded.set(name, dialect);
  return dialect;
}

/** Reads and compiles a specification from any file: a user's own licensed dialect. */
export function loadDialectFile(path: string): Dialect {
  return compileSpec(readJson(path));
}

const loadedProfiles = new Map<string, Profile>();

/**
 * A shipped message profile by name: acquirer-gateway/specs/profiles/NAME.json, compiled once per process.
 * @throws SpecError for a faulty profile, Error for an unknown name.
 */
export function loadProfile(name: string): Profile {
  const found = loadedProfiles.get(name);
  if (found !== undefined) return found;
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
    throw new Error('a profile is named with lower-case letters, digits and dashes');
  const profile = compileProfile(readJson(projectPath('acquirer-gateway', 'specs', 'profiles', `${name}.json`)));
  loadedProfiles.set(name, profile);
  return profile;
}

/** Name of the shipped profile of a shipped dialect; undefined for one without, such as clearing records. */
export function profileNameOf(dialect: string): string | undefined {
  return readdirSync(projectPath('acquirer-gateway', 'specs', 'profiles'))
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
    .find((name) => loadProfile(name).spec.dialects.includes(dialect));
}

/** Reads and compiles a profile from any file. */
export function loadProfileFile(path: string): Profile {
  return compileProfile(readJson(path));
}

/** Names of the shipped dialects. */
export function shippedDialects(): string[] {
  return readdirSync(projectPath('acquirer-gateway', 'specs'))
    .filter((file) => file.endsWith('.json') && !file.endsWith('.schema.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8')) as unknown;
}
