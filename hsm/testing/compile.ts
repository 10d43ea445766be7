// A program of this project as plain JavaScript in a temporary folder: a process without the tests' TypeScript loader has a memory small enough
// to search.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../common/root.ts';

/** Compile a file and what it imports by relative path; returns the path of the compiled program. */
export function compileProgram(entry: string, outDir: string): string {
  writeFileSync(join(outDir, 'package.json'), '{"type":"module"}');
  const seen = new Set<string>();
  const compile = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const source = readFileSync(path, 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
      fileName: path,
    });
    const out = outPath(path);
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, outputText);
    for (const [, specifier = ''] of outputText.matchAll(/from ["'](\.[^"']+)\.js["']/g))
      compile(join(dirname(path), `${specifier}.ts`));
  };
  const outPath = (path: string): string => join(outDir, relative(projectRoot, path).replace(/\.ts$/, '.js'));
  compile(entry);
  return outPath(entry);
}
