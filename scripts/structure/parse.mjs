// Reads one source file with the TypeScript API: its imports, how long its functions are, and what the house style
// forbids in it.
import ts from 'typescript';

/** @returns {{ imports: { specifier: string, isTypeOnly: boolean }[], functions: { name: string, lines: number }[], faults: string[] }} */
export function parseSource(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = { imports: [], functions: [], faults: [] };
  const visit = (node) => {
    readImport(node, found);
    readFunction(node, file, found);
    const fault = faultOf(node);
    if (fault !== undefined) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      found.faults.push(`line ${line + 1}: ${fault}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function readImport(node, { imports }) {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
    imports.push({ specifier: node.moduleSpecifier.text, isTypeOnly: isTypeOnly(node) });
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [argument] = node.arguments;
    if (argument !== undefined && ts.isStringLiteralLike(argument)) {
      imports.push({ specifier: argument.text, isTypeOnly: false });
    }
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    imports.push({ specifier: node.argument.literal.text, isTypeOnly: true });
  }
}

function isTypeOnly(node) {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const names = ts.isImportDeclaration(node) ? clause.namedBindings : node.exportClause;
  const elements = names !== undefined && 'elements' in names ? names.elements : [];
  return clause.name === undefined && elements.length > 0 && elements.every((element) => element.isTypeOnly);
}

function readFunction(node, file, { functions }) {
  if (!ts.isFunctionLike(node) || node.body === undefined) return;
  const lineOf = (at) => file.getLineAndCharacterOfPosition(at).line;
  const name = node.name?.getText(file) ?? 'a function';
  functions.push({ name, lines: lineOf(node.end) - lineOf(node.getStart(file)) + 1 });
}

function faultOf(node) {
  if (ts.isExportAssignment(node)) return 'a default export';
  if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((each) => each.kind === ts.SyntaxKind.DefaultKeyword)) {
    return 'a default export';
  }
  if (ts.isExportDeclaration(node) && (node.exportClause === undefined || ts.isNamespaceExport(node.exportClause))) {
    return 'export *';
  }
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
    return 'import.meta, which CommonJS lacks';
  }
  if (ts.isAwaitExpression(node) && !isInFunction(node)) return 'await outside a function, which CommonJS lacks';
  return undefined;
}

function isInFunction(node) {
  return ts.findAncestor(node, ts.isFunctionLike) !== undefined;
}
