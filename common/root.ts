import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  // The same source runs from the tree (tests) and from dist/ (production): the nearest package.json is the anchor for both.
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('package.json was not found above the program: install card-edge as a whole folder');
    folder = parent;
  }
  return folder;
}

/** Absolute path of the project's folder: the one that holds package.json. */
export const projectRoot: string = findRoot();

/** Absolute path of a file that ships with the project (specs, SQL, protos), given relative to the project's folder. */
export function projectPath(...parts: string[]): string {
  return join(projectRoot, ...parts);
}
