// Owns: the type check and the linter, both on one program: what the type check has found out about a file, the typed rules need not find out again.
// Refuses to know: the compiler's options and the rules. They are in tsconfig.json and eslint.config.js.

import { ESLint } from "eslint";
import ts from "typescript";

function createProgram(configFile: string): ts.Program {
  const onUnRecoverableConfigFileDiagnostic = (problem: ts.Diagnostic): never => {
    throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
  };
  const config = ts.getParsedCommandLineOfConfigFile(configFile, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic });
  if (config === undefined) throw new Error(`${configFile} cannot be read.`);
  return ts.createProgram({ rootNames: config.fileNames, options: config.options, configFileParsingDiagnostics: config.errors });
}

/** Whether there is no type error. */
function checkTypes(program: ts.Program): boolean {
  const problems = ts.getPreEmitDiagnostics(program);
  const host = { getCurrentDirectory: () => process.cwd(), getCanonicalFileName: (path: string) => path, getNewLine: () => "\n" };
  if (problems.length > 0) console.error(ts.formatDiagnosticsWithColorAndContext(problems, host));
  return problems.length === 0;
}

/** Whether the linter found no error. */
async function lint(program: ts.Program): Promise<boolean> {
  const parserOptions = { projectService: false, programs: [program] };
  const eslint = new ESLint({ overrideConfig: { files: ["**/*.ts", "**/*.tsx"], languageOptions: { parserOptions } } });
  const results = await eslint.lintFiles(["."]);
  const formatter = await eslint.loadFormatter();
  process.stdout.write(await formatter.format(results));
  return results.every(({ errorCount }) => errorCount === 0);
}

const program = createProgram("tsconfig.json");
const areTypesGood = checkTypes(program);
const isLintGood = await lint(program);
process.exitCode = areTypesGood && isLintGood ? 0 : 1;
